#include "core/subscriptions/record.hpp"

#include <algorithm>

namespace gh::subscriptions {

using plugin::Json;

namespace {

constexpr std::string_view k_states[] = {"active", "pending_confirmation", "pending_approval", "cooling", "suspended", "disabled"};

bool truth_of(const Json& object, std::string_view name) {
    const Json* v = object.member(name);
    return v && v->kind == Json::Kind::boolean && v->truth;
}

bool same_as_set(const Json& a, const Json& b) {
    const auto within = [](const Json& some, const Json& all) {
        return std::all_of(some.items.begin(), some.items.end(), [&](const Json& one) {
            return std::any_of(all.items.begin(), all.items.end(), [&](const Json& other) { return plugin::same_value(one, other); });
        });
    };
    return within(a, b) && within(b, a);
}

bool same(const Json& wanted, const Json& there) {
    if (wanted.kind == Json::Kind::array && there.kind == Json::Kind::array) return same_as_set(wanted, there);
    if (wanted.kind == Json::Kind::object && there.kind == Json::Kind::object) return differences(wanted, there).empty();
    return plugin::same_value(wanted, there);
}

} // namespace

std::string text_of(const Json& object, std::string_view name) {
    const Json* v = object.member(name);
    return v && v->kind == Json::Kind::string ? v->text : std::string();
}

Json json_text(std::string_view text) {
    Json j;
    j.kind = Json::Kind::string;
    j.text = text;
    return j;
}

Json json_number(int64_t n) {
    Json j;
    j.kind = Json::Kind::number;
    j.text = std::to_string(n);
    return j;
}

Json json_bool(bool truth) {
    Json j;
    j.kind = Json::Kind::boolean;
    j.truth = truth;
    return j;
}

Json json_object() {
    Json j;
    j.kind = Json::Kind::object;
    return j;
}

void set(Json& object, std::string_view name, Json value) {
    if (Json* known = object.member(name))
        *known = std::move(value);
    else
        object.members.push_back({std::string(name), std::move(value)});
}

Result<Record> read_record(Json& json, std::vector<CapturedSecret>& secrets) {
    if (json.kind != Json::Kind::object) return Error{"the plugin's answer is no subscription record (not an object)"};
    // First of all, so that an answer refused for anything else loses no secret.
    if (const Json* given = json.member("secrets"))
        for (const auto& [name, value] : given->members)
            if (value.kind == Json::Kind::string && !value.text.empty()) secrets.push_back({name, Secret(value.text)});
    std::erase_if(json.members, [](const auto& m) { return m.name == "secrets"; });

    Record r;
    r.id = text_of(json, "id");
    if (r.id.empty() || r.id.size() > 1024) return Error{"the plugin's answer is no subscription record: \"id\" is missing or too long"};
    r.state = text_of(json, "state");
    if (std::find(std::begin(k_states), std::end(k_states), r.state) == std::end(k_states))
        return Error{"the plugin's record of subscription " + r.id + " has no known \"state\""};
    const Json* facts = json.member("subscription");
    r.facts = facts && facts->kind == Json::Kind::object ? *facts : json_object();
    r.from_memory = truth_of(json, "from_memory");
    r.ours = truth_of(json, "ours");
    if (const auto at = text_of(json, "expires_at"); !at.empty()) {
        r.expires_at = parse_rfc3339(at);
        if (!r.expires_at) return Error{"the plugin's record of subscription " + r.id + ": \"expires_at\" is no RFC 3339 time"};
    }
    r.detail = text_of(json, "detail");
    return r;
}

Result<std::vector<Record>> read_records(std::string_view text) {
    auto json = Json::parse(text.empty() ? "[]" : text);
    if (!json) return Error{"the plugin's list of subscriptions is not JSON: " + json.error().message};
    if (json->kind != Json::Kind::array) return Error{"the plugin's list of subscriptions is not an array"};
    std::vector<Record> out;
    std::vector<CapturedSecret> dropped;
    for (auto& item : json->items) {
        auto record = read_record(item, dropped);
        if (!record) return record.error();
        out.push_back(std::move(*record));
    }
    return out;
}

Json to_json(const Record& r) {
    Json out = json_object();
    set(out, "id", json_text(r.id));
    set(out, "state", json_text(r.state));
    set(out, "subscription", r.facts);
    if (r.from_memory) set(out, "from_memory", json_bool(true));
    if (r.ours) set(out, "ours", json_bool(true));
    if (r.expires_at) set(out, "expires_at", json_text(to_rfc3339(*r.expires_at)));
    if (!r.detail.empty()) set(out, "detail", json_text(r.detail));
    return out;
}

std::vector<std::string> differences(const Json& wanted, const Json& there) {
    std::vector<std::string> out;
    for (const auto& [name, value] : wanted.members) {
        const Json* other = there.member(name);
        if (!other || !same(value, *other)) out.push_back(name);
    }
    return out;
}

} // namespace gh::subscriptions
