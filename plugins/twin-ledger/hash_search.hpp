// Finding out how a provider's hash is computed, from one genuine message: every form against every order of the members.
#pragma once

#include <gatehouse/explain.hpp>

#include "hash_form.hpp"

namespace twin_ledger {

/// Tries all forms with the likely order, then all orders of three members and more, and says what fits through `out`: one line for each
/// form of the likely order, then the setting to write. For `gatehouse verify --explain` alone: takes up to some seconds.
void search_hash(const gatehouse::explainer& out, const std::vector<blake2b_key>& keys, gatehouse::json::value message, bool confirmation);

} // namespace twin_ledger
