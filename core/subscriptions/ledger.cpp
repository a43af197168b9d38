#include "core/subscriptions/ledger.hpp"

#include "core/subscriptions/operations.hpp"

#include <algorithm>

namespace gh::subscriptions {

using plugin::Json;

namespace {

constexpr const char* k_ours = "ours";
constexpr const char* k_intent = "intent";

Time time_of(const Json& object, std::string_view name) {
    return parse_rfc3339(text_of(object, name)).value_or(Time{});
}

Json write_owned(const Owned& owned) {
    Json out = to_json(owned.last);
    set(out, "created_at", json_text(to_rfc3339(owned.created_at)));
    set(out, "renewed_at", json_text(to_rfc3339(owned.renewed_at)));
    if (owned.retiring) set(out, "retiring", json_bool(true));
    if (owned.by_hand) set(out, "by_hand", json_bool(true));
    return out;
}

std::optional<Owned> read_owned(Json& item) {
    std::vector<CapturedSecret> none;
    auto record = read_record(item, none);
    if (!record) return std::nullopt;
    const auto truth = [&](const char* name) {
        const Json* value = item.member(name);
        return value && value->truth;
    };
    return Owned{std::move(*record), time_of(item, "created_at"), time_of(item, "renewed_at"), truth("retiring"), truth("by_hand")};
}

} // namespace

Owned* Book::find(const std::string& id) {
    const auto at = std::find_if(owned.begin(), owned.end(), [&](const Owned& o) { return o.last.id == id; });
    return at == owned.end() ? nullptr : &*at;
}

void Book::forget(const std::string& id) {
    std::erase_if(owned, [&](const Owned& o) { return o.last.id == id; });
}

Owned& Book::note(Record record, Time now) {
    Owned* known = find(record.id);
    if (!known) return owned.emplace_back(Owned{std::move(record), now, now, false, false});
    // A list may leave the expiry out; what we know of it stays.
    if (!record.expires_at) record.expires_at = known->last.expires_at;
    if (record.expires_at != known->last.expires_at) known->renewed_at = now;
    known->last = std::move(record);
    return *known;
}

Result<Book> Ledger::read() const {
    auto entries = store_.state(plugin::Vault::scope(source_));
    if (!entries) return entries.error();
    Book book;
    for (const auto& [key, value] : *entries) {
        if (!value || (key != k_ours && key != k_intent)) continue;
        auto json = Json::parse(*value);
        if (!json) return Error{"the record of subscriptions of source " + source_ + " is damaged: " + json.error().message};
        if (key == k_intent) {
            book.intent = Intent{time_of(*json, "at"), text_of(*json, "replaces")};
            continue;
        }
        for (auto& item : json->items)
            if (auto owned = read_owned(item)) book.owned.push_back(std::move(*owned));
    }
    return book;
}

Status Ledger::write(const Book& book, std::optional<store::StateChange> with) {
    Json ours;
    ours.kind = Json::Kind::array;
    for (const auto& owned : book.owned) ours.items.push_back(write_owned(owned));
    std::vector<store::StateChange> changes{{k_ours, ours.write()}};
    if (book.intent) {
        Json intent = json_object();
        set(intent, "at", json_text(to_rfc3339(book.intent->at)));
        set(intent, "replaces", json_text(book.intent->replaces));
        changes.push_back({k_intent, intent.write()});
    } else {
        changes.push_back({k_intent, std::nullopt});
    }
    if (with) changes.push_back(std::move(*with));
    return committed([&](store::WriteDone done) { store_.put_state(plugin::Vault::scope(source_), std::move(changes), std::move(done)); });
}

} // namespace gh::subscriptions
