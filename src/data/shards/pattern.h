#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace alexnet {

/// Whether the text is no folder and names an archive, or has what patterns have: braces, *, ?, ::.
bool is_shard_pattern(std::string_view data);

/// The names that a pattern's braces stand for: "{000..146}" all numbers from the first to the
/// last, as wide as the first, "{a,b}" each of the texts, in which there may be braces; patterns
/// joined by "::" one behind the other. Throws Error on other braces and beyond a million names.
std::vector<std::string> expand_shard_pattern(std::string_view pattern);

/// The archives that a pattern names: its braces expanded, then * and ? as in a shell. Throws Error
/// when there is none for one of its names, or one is named twice.
std::vector<std::filesystem::path> find_shards(std::string_view pattern);

}  // namespace alexnet
