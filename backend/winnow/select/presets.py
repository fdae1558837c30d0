"""Published filters as thresholds on columns, rule by rule in the order in which they are applied."""

from __future__ import annotations

from collections.abc import Mapping

GOPHER = (
    "words 50..100000, gopher_mean_word_length 3..10, gopher_hash_ratio<=0.1, gopher_ellipsis_ratio<=0.1, "
    "gopher_bullet_line_ratio<=0.9, gopher_ellipsis_line_ratio<=0.3, gopher_alpha_word_ratio>=0.8, gopher_stop_words>=2, "
    "gopher_dup_line_ratio<=0.3, gopher_dup_paragraph_ratio<=0.3, gopher_dup_line_chars<=0.2, "
    "gopher_dup_paragraph_chars<=0.2, gopher_top_2gram<=0.2, gopher_top_3gram<=0.18, gopher_top_4gram<=0.16, "
    "gopher_dup_5gram<=0.15, gopher_dup_6gram<=0.14, gopher_dup_7gram<=0.13, gopher_dup_8gram<=0.12, "
    "gopher_dup_9gram<=0.11, gopher_dup_10gram<=0.1"
)

PRESETS: Mapping[str, str] = {
    "gopher": GOPHER,
    "c4": "chars<=190000, c4_lorem_ipsum=false, c4_brace=false, c4_sentences>=3",
    "c4_datatrove": "c4_datatrove_lorem_ipsum=false, c4_datatrove_brace=false, c4_datatrove_sentences>=5",
    "fineweb": "fineweb_line_punct_ratio>=0.12, fineweb_short_line_ratio<=0.67, fineweb_char_dup_ratio<=0.01, "
    "fineweb_list_ratio<=0.3",
    "fineweb_v1": "fineweb_v1_line_punct_ratio>0.12, fineweb_v1_short_line_ratio<0.67, "
    "fineweb_v1_char_dup_ratio<0.01, fineweb_list_ratio<=0.3",
    "refinedweb": f"{GOPHER}, refinedweb_removed_words<=0.05",
    "redpajama": "rps_word_count 50..10000, rps_mean_word_length 3..10, rps_symbol_to_word_ratio<=0.1, "
    "rps_frac_lines_start_with_bulletpoint<=0.9, rps_frac_chars_top_2gram<=0.2",
    # Dolma's own mixing files also name the top 2- to 4-grams, by names that its tagger never wrote: no such rule ran.
    "dolma": "dolma_word_count 50..100000, dolma_median_word_length 3..10, dolma_symbol_ratio<=0.1, "
    "dolma_alpha_word_ratio>=0.8, dolma_required_words>=2, dolma_bullet_line_ratio<=0.9, dolma_ellipsis_line_ratio<=0.3, "
    "dolma_dup_line_ratio<=0.3, dolma_dup_line_chars<=0.3, dolma_dup_5gram<=0.15, dolma_dup_6gram<=0.14, "
    "dolma_dup_7gram<=0.13, dolma_dup_8gram<=0.12, dolma_dup_9gram<=0.11, dolma_dup_10gram<=0.1, dolma_pii<=5",
}
"""The rules of each preset."""
