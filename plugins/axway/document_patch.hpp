// JSON Patch, RFC 6902, with pointers of RFC 6901.
#pragma once

#include <optional>

#include "document_tree.hpp"

namespace axway {

/// Applies a patch: an array of operations, or one bare operation (an older page of Streams' documentation shows that form).
///
/// Empty: applied. Otherwise why not, for an operator (it names operation and path, never a value); the tree is then half changed and must
/// be thrown away. All six operations; unknown members of an operation are ignored (section 4); the whole document can be added, replaced,
/// tested, copied and removed: then it is null.
///
/// Bounds, each against a small patch that costs much: 8 MiB of copied values, 64 levels, 200 million steps of looking and shifting (about
/// a second).
std::optional<std::string> apply_patch(node_ptr& document, json::value patch);

/// A pointer's parts, decoded; nothing when it is no pointer: it must be empty or begin with "/", and "~" stands only before 0 or 1.
std::optional<std::vector<std::string>> split_pointer(std::string_view);

} // namespace axway
