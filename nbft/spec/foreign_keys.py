"""The keys of transformers, TRL, axolotl, LLaMA-Factory and AutoTrain, and which of ours does the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Alias:
    """What to do about a foreign key: write another one, or nothing."""

    path: str = ""
    """The key of nbft that does the same; empty where none is needed."""
    note: str = ""
    """A sentence for those who look for the key."""
    value: str = "same"
    """`same` where the given value fits as it is, else the value to write; empty where no line can be proposed."""
    otherwise: str = ""
    """The value to write where `false` was given."""


SAME = {
    "model": """
        base_model model_name model_name_or_path model_id model_path pretrained_model
        pretrained_model_name_or_path base_model_name_or_path checkpoint backbone hf_model
        base_model_config
    """,
    "model.from_scratch": "config_name from_config",
    "tokenizer": "tokenizer_name tokenizer_path tokenizer_name_or_path tokenizer_id",
    "tokenizer.add_tokens": "new_tokens additional_special_tokens extra_tokens added_tokens tokens_to_add",
    "tokenizer.vocabulary": "vocab_size vocabulary_size",
    "task": "task_type task_name pipeline_tag stage objective",
    "data.train": """
        dataset datasets dataset_name dataset_id dataset_path dataset_name_or_path train_dataset
        train_data train_file train_files data_path data_file data_files training_data train_path
        train_csv training_file
    """,
    "data.validation": """
        validation_file validation_data validation_dataset validation_split eval_dataset eval_data
        eval_file valid valid_data valid_split val val_data val_file val_set_size val_size dev dev_file
        validation_split_percentage validation_size eval_split valid_file
    """,
    "data.test": "test_file test_data test_dataset test_split test_size holdout",
    "data.columns.text": """
        text_column text_column_name text_col text_field dataset_text_field sentence sentence1
        sentence1_key input_column column_text text_key content_column
    """,
    "data.columns.text_pair": "text_pair_column sentence2 sentence2_key text2 text_b pair second_text",
    "data.columns.tokens": "tokens_column token_column words_column tokens_column_name",
    "data.columns.tags": "tags_column tag_column tags_column_name ner_tags ner_column tag_col",
    "data.columns.question": "question_column question_column_name question_col",
    "data.columns.context": "context_column context_column_name context_col passage_column",
    "data.columns.answers": "answers_column answer_column answer_column_name answers_column_name answer_col",
    "data.columns.source": "source_column source_column_name src_column source_text_column",
    "data.columns.target": "target_text_column tgt_column target_column_name translation_column",
    "data.columns.summary": "summary_column summary_column_name summary_col highlights_column",
    "data.columns.messages": """
        messages_column messages_field field_messages conversations_column messages_key conversation_column
    """,
    "data.columns.prompt": """
        prompt_column prompt_field field_instruction instruction_column instruction_field prompt_text_column
    """,
    "data.columns.completion": """
        completion_column completion_field field_output output_column response_column response_field
    """,
    "data.columns.input": "field_input input_field query_column",
    "data.columns.system": "field_system system_column system_field system_prompt_column",
    "data.columns.tools": "tools_column tools_field field_tools",
    "data.columns.label": """
        label_column label_column_name label_col label_field label_names target target_column labels
        target_col class_column y_column label_key
    """,
    "data.columns": "column_mapping column_names features fields column_map",
    "data.max_tokens": """
        max_seq_length max_seq_len max_length max_len sequence_len sequence_length seq_len seq_length
        cutoff_len model_max_length block_size max_position_embeddings context_length max_source_length
        truncation_length max_input_length max_prompt_length
    """,
    "data.max_target_tokens": """
        max_target_length max_output_length max_completion_length target_max_length decoder_max_length
    """,
    "classification.threshold": "decision_threshold probability_threshold multilabel_threshold",
    "question_answering.stride": "doc_stride document_stride",
    "question_answering.candidates": "n_best_size n_best nbest",
    "question_answering.max_answer_tokens": "max_answer_length max_answer_len",
    "translation.source_language": "source_lang src_lang source_language_code lang_src",
    "translation.target_language": "target_lang tgt_lang target_language_code lang_tgt forced_bos_token",
    "generate.beams": "num_beams beam_size n_beams beam_width generation_num_beams eval_beams",
    "generate.max_new_tokens": """
        val_max_target_length generation_max_length max_gen_length generation_max_new_tokens max_generate_length
    """,
    "generate.prompts": "sample_prompts eval_prompts sample_prompt generation_prompts",
    "chat.template": "chat_template chat_template_name chat_template_jinja conversation_template template",
    "fill_mask.share": "mlm_probability mask_probability masking_probability mlm_prob masked_lm_prob",
    "train.epochs": """
        num_train_epochs num_epochs n_epochs nb_epochs max_epochs epoch train_epochs nepochs
        total_epochs
    """,
    "train.learning_rate": """
        lr learning_rate_init initial_learning_rate init_lr base_lr peak_lr max_lr learn_rate
    """,
    "train.batch_size": """
        train_batch_size total_batch_size global_batch_size effective_batch_size batch bs batchsize bsz
        per_gpu_train_batch_size
    """,
    "train.gradient_accumulation": """
        gradient_accumulation_steps grad_accumulation_steps grad_accum_steps accumulation_steps
        accumulate_grad_batches grad_acc gradient_accumulation_step
    """,
    "train.weight_decay": "wd decay l2 l2_penalty adam_weight_decay",
    "train.warmup": "warmup_ratio warmup_proportion warmup_share warmup_fraction",
    "train.schedule": """
        lr_scheduler_type lr_scheduler scheduler lr_schedule learning_rate_schedule scheduler_type
        learning_rate_scheduler
    """,
    "train.max_grad_norm": """
        gradient_clipping grad_clip clip_grad_norm clip_grad gradient_clip_val grad_norm clip
    """,
    "train.label_smoothing": "label_smoothing_factor label_smooth smoothing",
    "train.precision": "dtype torch_dtype mixed_precision amp_dtype compute_dtype",
    "early_stopping.patience": "early_stopping_patience patience_epochs",
    "early_stopping.min_delta": "early_stopping_threshold early_stopping_min_delta tolerance",
    "early_stopping.monitor": """
        metric_for_best_model best_metric monitor_metric early_stopping_metric early_stopping_monitor
        metric_to_monitor checkpoint_metric
    """,
    "early_stopping.enabled": "use_early_stopping do_early_stopping enable",
    "evaluate.every": """
        evaluation_strategy eval_strategy eval_steps eval_every evaluation_steps eval_interval
        eval_frequency evaluate_every
    """,
    "evaluate.metrics": "metric eval_metric eval_metrics compute_metrics metric_name",
    "evaluate.batch_size": """
        per_device_eval_batch_size eval_batch_size validation_batch_size per_gpu_eval_batch_size
    """,
    "save.every": """
        save_strategy save_steps checkpoint_every save_interval save_frequency checkpointing_steps
    """,
    "save.keep": "save_total_limit max_checkpoints keep_checkpoints save_top_k keep_last_n",
    "seed": "random_seed random_state manual_seed rng_seed",
    "seeds": "num_seeds n_seeds seed_list random_seeds repeats n_repeats num_repeats repetitions n_runs num_runs",
    "data.split_seed": "data_seed shuffle_seed train_test_split_seed",
}

_NAME_ON_THE_LINE = (
    "A run's name stands on the first line: %%finetune NAME. Runs lie in nbft-runs, or where NBFT_RUNS says."
)
_ALL_WEIGHTS = "nbft trains all weights of the model; leave it out."
_BY_ITSELF = "nbft sees to it by itself; leave it out."
_NO_SETTING = "nbft has no such setting; leave it out."
_BY_FORM = "nbft sees the form of conversations in the data, and says which it found; leave it out."
_BY_ANSWERS = "nbft sees in the data whether some questions have no answer; leave it out."
_PROMPT = "Write data.prompt, with {text} where the text stands:   data: {prompt: 'summarize: {text}'}"
ARCHITECTURE = "nbft sees it in the model's config. For random weights write   model: {from_scratch: {model_type: ...}}"
_SAMPLING = "Write generate.temperature, above 0 to draw the next token by chance:   generate: {temperature: 0.7}"
_RESUME = "An unfinished run goes on with   %ft_resume NAME"
BEST = "nbft always ends with the best model; leave it out."
_NO_TRACKER = "nbft keeps its own record of the run and sends nothing anywhere; leave it out."
_ADAMW = "nbft trains with AdamW; leave it out."
_STEPS = "Write train.epochs instead: nbft counts in passes over the training rows; a fraction is allowed, as 0.5."

NOTES = {
    _NAME_ON_THE_LINE: """
        output_dir run_name run_id name experiment_name project_name output_path save_dir logging_dir
        project
    """,
    _ALL_WEIGHTS: """
        lora lora_r lora_alpha lora_dropout lora_target_modules lora_target lora_rank lora_target_linear
        lora_modules_to_save lora_model_dir peft use_peft peft_config adapter adapters qlora use_lora r
        rank load_in_8bit load_in_4bit quantization quantization_bit bnb_4bit_quant_type finetuning_type
        freeze_layers freeze method
    """,
    BEST: """
        load_best_model_at_end save_best_model greater_is_better save_safetensors overwrite_output_dir
        save_only_model
    """,
    _BY_ITSELF: """
        do_train do_eval do_predict device device_map use_cpu no_cuda use_cuda gpus num_gpus n_gpu
        group_by_length padding truncation pad_to_sequence_len dataloader_num_workers num_workers
        remove_unused_columns shuffle tokenizer_type num_labels predict_with_generate keep_linebreaks
        ignore_pad_token_for_loss label_all_tokens return_entity_level_metrics train_on_eos train_on_eot
        id2label label2id preprocessing_num_workers overwrite_cache logging_strategy logging_steps
        logging_first_step dataset_prepared_path prediction_loss_only eval_accumulation_steps
    """,
    _NO_SETTING: """
        gradient_checkpointing sample_packing packing flash_attention flash_attn
        attn_implementation strict special_tokens auto_find_batch_size ddp_timeout local_rank
        deepspeed fsdp fsdp_config torch_compile num_processes full_determinism
        include_inputs_for_metrics neftune_noise_alpha dropout whole_word_mask line_by_line top_p top_k
        repetition_penalty length_penalty no_repeat_ngram_size streaming
    """,
    _BY_FORM: """
        dataset_format chat_format formatting conversation_format message_field_role message_field_content
        message_property_mappings role_tag content_tag user_tag assistant_tag roles roles_to_train
        message_field_training
    """,
    _BY_ANSWERS: "version_2_with_negative null_score_diff_threshold squad_v2",
    _RESUME: "resume_from_checkpoint auto_resume_from_checkpoints resume",
    _NO_TRACKER: """
        report_to wandb wandb_project wandb_entity wandb_name wandb_run_id wandb_watch wandb_log_model
        use_wandb tensorboard mlflow log push_to_hub hub_model_id hub_token hub_strategy
        hub_private_repo token username plot_loss logger trackers
    """,
    _ADAMW: """
        optim optimizer optimizer_type adam_beta1 adam_beta2 adam_epsilon optim_args betas momentum
        adafactor
    """,
}

SPECIAL = {
    "per_device_train_batch_size": Alias("train.batch_size", "It counts the rows of a step over all devices."),
    "micro_batch_size": Alias(
        "train.batch_size", "It counts all rows of a step; `gradient_accumulation` divides them into passes."
    ),
    "warmup_steps": Alias("train.warmup", "It is a share of all steps, as 6%.", "6%"),
    "max_steps": Alias("train.epochs", _STEPS, ""),
    "num_train_steps": Alias("train.epochs", _STEPS, ""),
    "num_steps": Alias("train.epochs", _STEPS, ""),
    "steps": Alias("train.epochs", _STEPS, ""),
    "iterations": Alias("train.epochs", _STEPS, ""),
    "saves_per_epoch": Alias("save.every", "", "epoch"),
    "evals_per_epoch": Alias("evaluate.every", "", "epoch"),
    "class_weights": Alias("classification.weights", "", "balanced", "none"),
    "class_weight": Alias("classification.weights", "", "balanced", "none"),
    "use_class_weights": Alias("classification.weights", "", "balanced", "none"),
    "weighted_loss": Alias("classification.weights", "", "balanced", "none"),
    "problem_type": Alias("classification.problem"),
    "is_regression": Alias("classification.problem", "", "regression", "single-label"),
    "do_regression": Alias("classification.problem", "", "regression", "single-label"),
    "multi_label": Alias("classification.problem", "", "multi-label", "single-label"),
    "is_multilabel": Alias("classification.problem", "", "multi-label", "single-label"),
    "train_on_inputs": Alias("chat.learn", "", "all", "assistant"),
    "train_on_prompt": Alias("chat.learn", "", "all", "assistant"),
    "mask_history": Alias("chat.learn", "", "last", "assistant"),
    "assistant_only_loss": Alias("chat.learn", "", "assistant", "all"),
    "completion_only_loss": Alias("chat.learn", "", "assistant", "all"),
    "mlm": Alias("task", "", "fill-mask", "text-generation"),
    "train_tokenizer": Alias("tokenizer.train", "", "bpe"),
    "model_type": Alias("model.from_scratch", ARCHITECTURE, ""),
    "config_overrides": Alias("model.from_scratch", ARCHITECTURE, ""),
    "do_sample": Alias("generate.temperature", _SAMPLING, ""),
    "source_prefix": Alias("data.prompt", _PROMPT, ""),
    "task_prefix": Alias("data.prompt", _PROMPT, ""),
    "prompt_template": Alias("data.prompt", _PROMPT, ""),
    "input_template": Alias("data.prompt", _PROMPT, ""),
    "<<": Alias("", "nbft takes no merge keys; write the keys out."),
    "fp16": Alias("train.precision", "", "fp16", "fp32"),
    "bf16": Alias("train.precision", "", "bf16", "fp32"),
    "fp32": Alias("train.precision", "", "fp32", "fp32"),
    "amp": Alias("train.precision", "", "auto", "fp32"),
    "tf32": Alias("train.precision", "", "auto", "fp32"),
    "train_split": Alias("", "The splits of a data set on the hub are found by their names; leave it out."),
    "trust_remote_code": Alias("", "nbft runs no code that comes with a model; leave it out."),
}
