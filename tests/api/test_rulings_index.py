"""Which test holds each ruling on the published descriptions, where they contradict each other or say nothing.

Some rulings have more tests than the one named here. The project has rulings of its own, too, with numbers that
overlap: tests named after those are not listed.
"""

import ast
from pathlib import Path
from typing import Final

RULINGS: Final = {
    1: ("test_rulings_campaigns", "test_ruling_1_campaigns_are_listed_under_the_word_that_is_spelled_right"),
    2: ("test_callbacks", "test_ruling_2_and_44_pages_lead_through_all_by_the_time_they_are_due"),
    3: ("test_rulings_campaigns", "test_ruling_3_created_at_is_an_instant_in_the_list_too"),
    4: ("test_campaigns", "test_rulings_4_and_6_status_is_read_in_any_case_under_either_name"),
    5: ("test_campaigns", "test_ruling_5_a_patch_is_an_object_or_an_array_applied_in_order"),
    6: ("test_campaigns", "test_ruling_6_paths_may_start_with_a_slash"),
    7: ("test_rulings_campaigns", "test_ruling_7_a_patch_answers_with_the_whole_campaign_in_its_own_types"),
    8: ("test_campaigns", "test_ruling_8_a_priority_is_a_number_or_its_text"),
    9: ("test_campaigns", "test_ruling_9_the_chain_takes_both_unit_keys_and_shows_both"),
    10: ("test_campaigns", "test_ruling_10_outcomes_take_both_unit_keys_and_show_one"),
    11: ("test_campaigns", "test_ruling_11_outcomes_may_be_written_in_capitals"),
    12: ("test_campaigns", "test_ruling_12_predictive_mode_counts_when_the_configuration_is_missing"),
    13: ("test_campaigns", "test_ruling_13_caller_ids_are_assigned_like_numbers"),
    14: ("test_campaigns", "test_ruling_14_calling_hours_are_times_or_the_time_of_a_date_time"),
    15: ("test_rulings_campaigns", "test_ruling_15_calling_hours_are_those_of_each_record"),
    16: ("test_campaigns", "test_ruling_16_an_invalid_number_may_be_retried"),
    17: ("test_campaigns", "test_ruling_17_busy_always_shows_its_attempts"),
    18: ("test_campaigns", "test_ruling_18_invalid_number_and_week_days_are_demanded"),
    19: (
        "test_rulings_campaigns",
        "test_ruling_19_members_that_one_source_lacks_are_taken_and_shown_when_they_are_set",
    ),
    20: ("test_campaigns", "test_ruling_20_names_have_3_to_35_characters"),
    21: ("test_callbacks", "test_ruling_21_an_unknown_id_is_not_found_whatever_its_length"),
    22: ("test_rulings_campaigns", "test_ruling_22_of_the_descriptions_links_are_as_long_as_they_are"),
    23: ("test_campaigns_assigned", "test_ruling_23_of_the_spec_filter_takes_ids_joined_by_or"),
    24: ("test_campaigns_assigned", "test_ruling_24_of_the_spec_pages_have_up_to_100_items"),
    25: ("test_rulings_campaigns", "test_ruling_25_of_the_descriptions_the_filter_has_two_spellings"),
    26: ("test_record_rulings", "test_ruling_26_total_is_of_all_pages_and_count_of_one"),
    27: ("test_record_rulings", "test_ruling_27_records_are_listed_with_the_scope_of_record_lists"),
    28: ("test_rulings_lists", "test_ruling_28_numbers_are_asked_after_with_the_scope_in_the_plural"),
    29: ("test_record_rulings", "test_ruling_29_a_status_is_taken_in_any_case_and_shown_in_upper"),
    30: ("test_record_rulings", "test_ruling_30_the_page_of_campaigns_is_an_object"),
    31: ("test_record_rulings", "test_ruling_31_files_have_up_to_100_million_bytes_and_later_ones_20_million"),
    32: ("test_record_rulings", "test_ruling_32_the_address_to_call_back_has_two_spellings"),
    33: ("test_uploads", "test_may_be_announced_as_an_object_or_an_array_as_ruling_33_says"),
    34: ("test_record_changes", "test_takes_only_the_paths_of_ruling_34"),
    35: (
        "test_record_changes",
        "test_answers_each_with_its_record_or_its_errors_and_both_counters_as_rulings_35_and_36_say",
    ),
    36: (
        "test_record_changes",
        "test_answers_each_with_its_record_or_its_errors_and_both_counters_as_rulings_35_and_36_say",
    ),
    37: ("test_record_changes", "test_counts_past_100_and_answers_200_with_a_body_as_ruling_37_says"),
    38: (
        "test_rulings_lists",
        "test_ruling_38_a_bulk_deletion_of_entries_links_to_its_list_and_lists_what_failed_under_one_name",
    ),
    39: ("test_rulings_lists", "test_ruling_39_an_entry_links_to_its_list_under_the_name_with_underscores"),
    40: ("test_record_rulings", "test_ruling_40_an_upload_request_links_to_the_path_it_has"),
    41: ("test_rulings_lists", "test_ruling_41_a_do_not_call_list_for_too_large_a_file_is_413"),
    42: ("test_callbacks", "test_ruling_42_the_first_page_of_fifty_is_the_default_and_zero_means_the_first"),
    43: ("test_callbacks", "test_ruling_43_finds_by_status_in_any_case"),
    44: ("test_callbacks", "test_ruling_44_the_link_leads_back_to_it"),
    45: ("test_callbacks", "test_ruling_45_paths_have_both_spellings"),
    46: ("test_record_rulings", "test_ruling_46_a_priority_is_1_to_10_or_null_and_is_shown_up_to_11"),
    47: ("test_record_rulings", "test_ruling_47_a_number_has_up_to_20_characters_and_is_checked_as_e164"),
    48: ("test_campaigns", "test_ruling_48_a_campaign_that_is_not_there_is_404"),
    49: ("test_rulings_campaigns", "test_ruling_49_a_campaign_always_has_its_id"),
    50: ("test_campaigns", "test_ruling_50_without_fields_both_large_members_are_shown_with_it_only_those_named"),
    51: ("test_record_rulings", "test_ruling_51_lists_are_found_by_names_as_long_as_names_are"),
    52: ("test_rulings_campaigns", "test_ruling_52_a_key_with_a_blank_in_it_is_another_key"),
    53: ("test_callbacks", "test_ruling_53_finds_by_campaign_record_and_number"),
    54: ("test_record_rulings", "test_ruling_54_a_record_needs_one_of_the_two_spellings_and_shows_both"),
}


def test_each_of_the_54_has_a_test_of_its_own_that_names_it() -> None:
    assert list(RULINGS) == list(range(1, 55))
    missing = [
        number for number, (module, name) in RULINGS.items() if str(number) not in name or name not in _tests_of(module)
    ]
    assert missing == []


def _tests_of(module: str) -> set[str]:
    tree = ast.parse(Path(__file__).with_name(f"{module}.py").read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
