// The difference of two documents as a JSON Patch (RFC 6902) of add, remove and replace: the operations that Streams' documentation shows.
#pragma once

#include "document_tree.hpp"

namespace axway {

/// A JSON array of operations that turn `from` into `to`; "[]" when both are written alike (members in any order).
std::string diff(const node& from, const node& to);

} // namespace axway
