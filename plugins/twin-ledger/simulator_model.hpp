// The simulated account: twins with one ledger each, and stickers on them.
#pragma once

#include <gatehouse/simulator_arguments.hpp>

#include <deque>
#include <map>
#include <string>
#include <vector>

namespace twin_ledger::sim {

using gatehouse::api_answer;
using gatehouse::simulator_host;
using gatehouse::time_point;
namespace json = gatehouse::json;

using gatehouse::uuid;
/// Random characters of the URL-safe base64 alphabet.
std::string letters(const simulator_host&, size_t count);
api_answer ok(const json::object&, int status = 200);
/// {"subcode", "trace", "description"}: docs, overview/status-codes.
api_answer error(const simulator_host&, int status, int subcode, std::string_view description);

struct entry {
    std::string value = "null"; ///< JSON
    time_point created, changed;
    std::vector<std::pair<time_point, std::string>> history; ///< oldest first; at most 1000
};

struct sticker {
    std::string note;
    time_point created, validity;
};

struct twin {
    std::string id, ledger; ///< UUIDs
    std::map<std::string, entry> entries;
    std::map<std::string, sticker> stickers;
};

/// What happened, in the words of a notification.
struct change {
    std::string trigger; ///< as the provider spells it
    std::string twin;
    std::string event; ///< JSON
};

class model {
public:
    model(simulator_host host, size_t twins);

    const std::string& account() const { return account_; }
    std::deque<twin>& twins() { return twins_; }
    twin* find(std::string_view id);

    /// Makes something happen on a twin (else one after the other) and gives its notification. `type` is any spelling of a trigger;
    /// entries: how many change together. Throws command_error.
    change happen(const std::string& type, const std::string& twin, size_t entries);

    json::object shown(const twin&, bool values_only) const; ///< "entries"
    json::object shown(const std::map<std::string, sticker>&) const;
    json::object history(const twin&, time_point since, time_point until, size_t limit) const;

private:
    std::string set(twin&, const std::string& name, const std::string& value);

    simulator_host host_;
    std::string account_;
    std::deque<twin> twins_;
    size_t turn_ = 0, count_ = 0;
};

/// GET of the API, by an authorized caller.
api_answer read(const simulator_host&, model&, const gatehouse::request&);

} // namespace twin_ledger::sim
