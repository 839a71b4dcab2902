"""Words that people bring from transformers, TRL, axolotl, LLaMA-Factory and AutoTrain, and what nbft calls them."""

from __future__ import annotations

from dataclasses import dataclass

from nbft.spec.guess import plain_word


@dataclass(frozen=True)
class Alias:
    """What to do about a foreign key: write another one, or nothing."""

    path: str = ""
    """The key of nbft that does the same; empty where none is needed."""
    note: str = ""
    """A sentence for those who look for the key."""
    value: str = "same"
    """`same` where the given value fits as it is, else the value to write; empty where no line can be proposed."""


_SAME = {
    "model": """
        base_model model_name model_name_or_path model_id model_path pretrained_model
        pretrained_model_name_or_path base_model_name_or_path checkpoint backbone hf_model
        base_model_config
    """,
    "task": "task_type task_name problem_type pipeline_tag stage objective",
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
        sentence1_key input_column prompt_column column_text text_key content_column
    """,
    "data.columns.text_pair": "text_pair_column sentence2 sentence2_key text2 text_b pair second_text",
    "data.columns.label": """
        label_column label_column_name label_col label_field label_names target target_column labels
        target_col class_column y_column label_key
    """,
    "data.columns": "column_mapping column_names features fields column_map",
    "data.max_tokens": """
        max_seq_length max_seq_len max_length max_len sequence_len sequence_length seq_len seq_length
        cutoff_len model_max_length block_size max_position_embeddings context_length max_source_length
        truncation_length
    """,
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
    "seed": "random_seed random_state data_seed manual_seed rng_seed",
}

_NAME_ON_THE_LINE = (
    "A run's name stands on the first line: %%finetune NAME. Runs lie in nbft-runs, or where NBFT_RUNS says."
)
_ALL_WEIGHTS = "nbft trains all weights of the model; leave it out."
_BY_ITSELF = "nbft sees to it by itself; leave it out."
_NO_SETTING = "nbft has no such setting; leave it out."
_RESUME = "An unfinished run goes on with   %ft_resume NAME"
_BEST = "nbft always ends with the best model; leave it out."
_NO_TRACKER = "nbft keeps its own record of the run and sends nothing anywhere; leave it out."
_ADAMW = "nbft trains with AdamW; leave it out."
_STEPS = "Write train.epochs instead: nbft counts in passes over the training rows; a fraction is allowed, as 0.5."

_NOTES = {
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
    _BEST: """
        load_best_model_at_end save_best_model greater_is_better save_safetensors overwrite_output_dir
        save_only_model
    """,
    _BY_ITSELF: """
        do_train do_eval do_predict device device_map use_cpu no_cuda use_cuda gpus num_gpus n_gpu
        group_by_length padding truncation pad_to_sequence_len dataloader_num_workers num_workers
        remove_unused_columns shuffle tokenizer tokenizer_type tokenizer_name model_type num_labels
        id2label label2id preprocessing_num_workers overwrite_cache logging_strategy logging_steps
        logging_first_step dataset_prepared_path prediction_loss_only eval_accumulation_steps
    """,
    _NO_SETTING: """
        gradient_checkpointing train_on_inputs sample_packing packing flash_attention flash_attn
        attn_implementation template strict special_tokens auto_find_batch_size ddp_timeout local_rank
        deepspeed fsdp fsdp_config torch_compile num_processes full_determinism
        include_inputs_for_metrics neftune_noise_alpha dropout
    """,
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

_SPECIAL = {
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
    "<<": Alias("", "nbft takes no merge keys; write the keys out."),
    "fp16": Alias("train.precision", "", "fp16"),
    "bf16": Alias("train.precision", "", "bf16"),
    "fp32": Alias("train.precision", "", "fp32"),
    "amp": Alias("train.precision", "", "auto"),
    "tf32": Alias("train.precision", "", "auto"),
    "train_split": Alias("", "The splits of a data set on the hub are found by their names; leave it out."),
    "trust_remote_code": Alias("", "nbft runs no code that comes with a model; leave it out."),
}

ALIASES: dict[str, Alias] = {
    **{plain_word(word): Alias(path) for path, words in _SAME.items() for word in words.split()},
    **{plain_word(word): Alias("", note) for note, words in _NOTES.items() for word in words.split()},
    **{plain_word(word): alias for word, alias in _SPECIAL.items()},
}
"""Foreign keys, as `plain_word` spells them."""

IN_SECTION: dict[str, dict[str, Alias]] = {
    "data": {
        "path": Alias("data.train"),
        "name": Alias("data.train"),
        "file": Alias("data.train"),
        "source": Alias("data.train"),
        "text": Alias("data.columns.text"),
        "label": Alias("data.columns.label"),
        "split": Alias("data.validation"),
        "format": Alias("", "nbft sees it by the ending of the file; leave it out."),
        "type": Alias("", "nbft sees it by the ending of the file; leave it out."),
    },
    "data.columns": {
        "input": Alias("data.columns.text"),
        "target": Alias("data.columns.label"),
        "output": Alias("data.columns.label"),
        "class": Alias("data.columns.label"),
    },
    "early_stopping": {
        "metric": Alias("early_stopping.monitor"),
        "threshold": Alias("early_stopping.min_delta"),
        "rounds": Alias("early_stopping.patience"),
        "mode": Alias("", "nbft knows which way each metric is better; leave it out."),
    },
    "evaluate": {
        "steps": Alias("evaluate.every"),
        "strategy": Alias("evaluate.every"),
        "interval": Alias("evaluate.every"),
        "on": Alias("data.validation"),
    },
    "save": {
        "steps": Alias("save.every"),
        "strategy": Alias("save.every"),
        "total_limit": Alias("save.keep"),
        "limit": Alias("save.keep"),
        "best": Alias("", _BEST),
    },
}
"""Words that mean something else where they stand in one of our sections."""


def alias_of(section: str, word: str) -> Alias | None:
    """Returns what a foreign key means in a section (dotted, empty at the top), None for words nobody uses."""
    here = IN_SECTION.get(section, {}).get(word.lower())
    return here or ALIASES.get(plain_word(word))


VALUES: dict[str, dict[str, str]] = {
    "task": {
        "classification": "text-classification",
        "sentiment": "text-classification",
        "sentiment_analysis": "text-classification",
        "sequence_classification": "text-classification",
        "seq_cls": "text-classification",
        "single_label_classification": "text-classification",
        "text_binary_classification": "text-classification",
        "text_multi_class_classification": "text-classification",
    },
    "train.schedule": {
        "cosine_with_restarts": "cosine",
        "cosine_annealing": "cosine",
        "polynomial": "linear",
        "constant_with_warmup": "constant",
        "linear_with_warmup": "linear",
        "cosine_with_warmup": "cosine",
        "inverse_sqrt": "linear",
        "none": "constant",
    },
    "train.precision": {
        "bfloat16": "bf16",
        "torch.bfloat16": "bf16",
        "float16": "fp16",
        "half": "fp16",
        "16": "fp16",
        "16-mixed": "fp16",
        "bf16-mixed": "bf16",
        "float32": "fp32",
        "full": "fp32",
        "32": "fp32",
        "no": "fp32",
        "mixed": "auto",
        "amp": "auto",
    },
    "evaluate.every": dict.fromkeys(["epochs", "each_epoch", "every_epoch", "per_epoch"], "epoch"),
    "save.every": dict.fromkeys(["epochs", "each_epoch", "every_epoch", "per_epoch"], "epoch"),
}
"""Foreign values of keys that take one of a few."""

SHORTHAND: dict[tuple[str, type], str] = {
    ("data", str): "train",
    ("data", list): "train",
    ("data.columns", str): "text",
    ("train", int): "epochs",
    ("train", float): "learning_rate",
    ("early_stopping", bool): "enabled",
    ("early_stopping", int): "patience",
    ("early_stopping", str): "monitor",
    ("evaluate", int): "every",
    ("evaluate", str): "every",
    ("evaluate", list): "metrics",
    ("save", int): "every",
    ("save", str): "every",
}
"""The key meant by those who give a section a bare value."""
