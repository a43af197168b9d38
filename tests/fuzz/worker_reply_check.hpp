// What must hold for any bytes at all that a worker process sends instead of an answer (core/plugin/worker_replies.hpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

/// Null, or what is wrong: a text that is given on lies outside the reply, a list is longer than the reply can hold, something is given on
/// though the reply makes no sense, or more than once. The first byte chooses which kind of reply the others are: k_reply_kinds of them.
std::optional<std::string> find_reply_fault(std::string_view bytes);
inline constexpr int k_reply_kinds = 5;

/// Whether the last reply looked at made sense.
bool made_sense();

/// At least one good reply of each kind.
std::vector<std::string> reply_seeds();

} // namespace fuzz
