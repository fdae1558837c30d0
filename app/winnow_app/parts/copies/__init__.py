"""Blocks of the page of duplicates: groups, their members, policies, the curve, repeated lines, benchmarks."""

from winnow_app.parts.copies.benchmark_items import benchmark_items
from winnow_app.parts.copies.group_list import group_list
from winnow_app.parts.copies.members_list import members_list
from winnow_app.parts.copies.near_settings import near_settings
from winnow_app.parts.copies.policies import policies
from winnow_app.parts.copies.repeated_lines import repeated_lines

__all__ = ["benchmark_items", "group_list", "members_list", "near_settings", "policies", "repeated_lines"]
