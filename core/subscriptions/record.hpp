// A subscription as a plugin tells it (sdk/include/gatehouse/subscription.hpp), read and checked.
#pragma once

#include "core/base/result.hpp"
#include "core/base/secret.hpp"
#include "core/base/time.hpp"
#include "core/plugin/json.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gh::subscriptions {

struct CapturedSecret {
    std::string setting;
    Secret value;
};

struct Record {
    std::string id;
    std::string state;  ///< active, pending_confirmation, pending_approval, cooling, suspended or disabled
    plugin::Json facts; ///< an object
    bool from_memory = false;
    bool ours = false; ///< its callback address is ours
    std::optional<Time> expires_at;
    std::string detail;
};

/// One record, or why it is none. `secrets`: where the values that the provider gave go; they are no longer in `json` then.
Result<Record> read_record(plugin::Json& json, std::vector<CapturedSecret>& secrets);
/// The result of an operation of kind list: an array of records. Secrets in it are dropped: list must not give any.
Result<std::vector<Record>> read_records(std::string_view json);
/// The one object that the ledger keeps and the API shows.
plugin::Json to_json(const Record&);

/// An object member, or null text.
std::string text_of(const plugin::Json&, std::string_view name);
plugin::Json json_text(std::string_view);
plugin::Json json_number(int64_t);
plugin::Json json_bool(bool);
plugin::Json json_object();
void set(plugin::Json& object, std::string_view name, plugin::Json value);

/// Every key of `wanted` is in `there` with the same value; arrays compare as sets. The keys that differ, in the order of `wanted`.
std::vector<std::string> differences(const plugin::Json& wanted, const plugin::Json& there);

} // namespace gh::subscriptions
