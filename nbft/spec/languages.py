"""Languages: their names and codes, as data sets call their columns and as multilingual models call their languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """A language."""

    code: str
    """ISO 639-1, two letters (`de`)."""
    flores: str
    """ISO 639-3 with the script, as in FLORES and NLLB (`deu_Latn`)."""
    name: str


_TABLE = """
af afr_Latn Afrikaans;am amh_Ethi Amharic;ar arb_Arab Arabic;az azj_Latn Azerbaijani;be bel_Cyrl Belarusian;
bg bul_Cyrl Bulgarian;bn ben_Beng Bengali;bs bos_Latn Bosnian;ca cat_Latn Catalan;cs ces_Latn Czech;cy cym_Latn Welsh;
da dan_Latn Danish;de deu_Latn German;el ell_Grek Greek;en eng_Latn English;eo epo_Latn Esperanto;es spa_Latn Spanish;
et est_Latn Estonian;eu eus_Latn Basque;fa pes_Arab Persian;fi fin_Latn Finnish;fr fra_Latn French;ga gle_Latn Irish;
gl glg_Latn Galician;gu guj_Gujr Gujarati;ha hau_Latn Hausa;he heb_Hebr Hebrew;hi hin_Deva Hindi;hr hrv_Latn Croatian;
hu hun_Latn Hungarian;hy hye_Armn Armenian;id ind_Latn Indonesian;is isl_Latn Icelandic;it ita_Latn Italian;
ja jpn_Jpan Japanese;ka kat_Geor Georgian;kk kaz_Cyrl Kazakh;km khm_Khmr Khmer;kn kan_Knda Kannada;ko kor_Hang Korean;
lo lao_Laoo Lao;lt lit_Latn Lithuanian;lv lvs_Latn Latvian;mk mkd_Cyrl Macedonian;ml mal_Mlym Malayalam;
mn khk_Cyrl Mongolian;mr mar_Deva Marathi;ms zsm_Latn Malay;mt mlt_Latn Maltese;my mya_Mymr Burmese;ne npi_Deva Nepali;
nl nld_Latn Dutch;no nob_Latn Norwegian;pa pan_Guru Punjabi;pl pol_Latn Polish;ps pbt_Arab Pashto;pt por_Latn Portuguese;
ro ron_Latn Romanian;ru rus_Cyrl Russian;si sin_Sinh Sinhala;sk slk_Latn Slovak;sl slv_Latn Slovenian;so som_Latn Somali;
sq als_Latn Albanian;sr srp_Cyrl Serbian;sv swe_Latn Swedish;sw swh_Latn Swahili;ta tam_Taml Tamil;te tel_Telu Telugu;
th tha_Thai Thai;tl tgl_Latn Tagalog;tr tur_Latn Turkish;uk ukr_Cyrl Ukrainian;ur urd_Arab Urdu;uz uzn_Latn Uzbek;
vi vie_Latn Vietnamese;xh xho_Latn Xhosa;yo yor_Latn Yoruba;zh zho_Hans Chinese;zu zul_Latn Zulu
"""
LANGUAGES = tuple(Language(*entry.split()) for entry in _TABLE.replace("\n", "").split(";"))
_KNOWN = {
    word: language
    for language in LANGUAGES
    for word in (language.code, language.flores.partition("_")[0], language.name.lower())
}


def language_of(word: str | None) -> Language | None:
    """Returns the language that `de`, `de_DE`, `deu`, `deu_Latn`, `de-AT` or `German` means; None where it means none."""
    if not word:
        return None
    return _KNOWN.get(word.lower().replace("-", "_").partition("_")[0])


def same_language(one: str, other: str) -> bool:
    """Returns whether two words mean the same language."""
    known = language_of(one)
    return one == other or (known is not None and known == language_of(other))
