#include "simulator_model.hpp"

#include <algorithm>

#include "message.hpp"

namespace twin_ledger::sim {

namespace {

using gatehouse::command_error;

json::raw ts(time_point t) {
    return json::raw(ts_text(t));
}

json::object shown_sticker(const sticker& s) {
    return {{"note", s.note}, {"validity_ts", ts(s.validity)}, {"created_ts", ts(s.created)}};
}

} // namespace

std::string letters(const simulator_host& host, size_t count) {
    static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out = host.random(count);
    for (char& c : out) c = alphabet[static_cast<unsigned char>(c) % 64];
    return out;
}

api_answer ok(const json::object& body, int status) {
    return {status, {{"Content-Type", "application/json"}}, body.text()};
}

api_answer error(const simulator_host& host, int status, int subcode, std::string_view description) {
    return ok({{"subcode", subcode}, {"trace", uuid(host)}, {"description", description}}, status);
}

model::model(simulator_host host, size_t twins) : host_(host), account_(uuid(host)) {
    for (size_t i = 0; i < twins; ++i) {
        twin& t = twins_.emplace_back();
        t.id = uuid(host);
        t.ledger = uuid(host);
        set(t, "temperature", "20.5");
        set(t, "state", "\"idle\"");
    }
}

twin* model::find(std::string_view id) {
    for (twin& t : twins_)
        if (t.id == id) return &t;
    return nullptr;
}

std::string model::set(twin& t, const std::string& name, const std::string& value) {
    entry& e = t.entries[name];
    const bool created = e.history.empty();
    // A history is told by its times, as the names of a JSON object: no two changes of an entry have the same.
    time_point now = host_.wall_now();
    if (!created) now = std::max(now, e.history.back().first + std::chrono::milliseconds(1));
    const std::string old = created ? "null" : e.value;
    if (created) e.created = now;
    e.value = value;
    e.changed = now;
    e.history.emplace_back(now, value);
    if (e.history.size() > 1000) e.history.erase(e.history.begin());
    return json::object{{"new_value", json::raw(value)}, {"old_value", json::raw(old)}, {"changed_ts", ts(now)}}.text();
}

change model::happen(const std::string& type, const std::string& wanted, size_t entries) {
    if (twins_.empty()) throw command_error::invalid("there is no twin; start the simulator with some");
    twin* t = wanted.empty() ? &twins_[turn_++ % twins_.size()] : find(wanted);
    if (!t) throw command_error::invalid("twin: there is no twin " + gatehouse::printable(wanted));
    const std::string canonical = canonical_trigger(type);
    const std::string n = std::to_string(++count_);
    json::object event;
    if (canonical == "ledger.entry.added") {
        for (size_t i = 0; i < entries; ++i) {
            const std::string name = "entry_" + n + "_" + std::to_string(i);
            event.add(name, json::raw(set(*t, name, n)));
        }
    } else if (canonical == "ledger.entry.updated") {
        for (size_t i = 0; i < entries; ++i) {
            const std::string name = i == 0 ? "temperature" : i == 1 ? "state" : "sensor_" + std::to_string(i);
            event.add(name, json::raw(set(*t, name, i == 1 ? json::quote("r\xc3\xbcn " + n) : n + ".250")));
        }
    } else if (canonical == "ledger.entry.deleted") {
        const std::string name = "entry_" + n;
        set(*t, name, n);
        event.add(name, json::object{{"new_value", nullptr}, {"old_value", json::raw(n)}, {"changed_ts", ts(host_.wall_now())}});
        t->entries.erase(name);
    } else if (canonical.rfind("sticker.", 0) == 0) {
        const std::string color = "color-" + n;
        sticker s{"check no. " + n, host_.wall_now(), host_.wall_now() + std::chrono::hours(24)};
        event = shown_sticker(s);
        event.add("color", color);
        if (canonical == "sticker.put") t->stickers[color] = s;
    } else {
        event.add("note", "a trigger of no vendor page");
    }
    return {type, t->id, event.text()};
}

json::object model::shown(const twin& t, bool values_only) const {
    json::object entries;
    for (const auto& [name, e] : t.entries) {
        if (values_only)
            entries.add(name, json::raw(e.value));
        else
            entries.add(name, json::object{{"value", json::raw(e.value)},
                                           {"visibility", nullptr},
                                           {"entry_created_ts", ts(e.created)},
                                           {"entry_updated_ts", ts(e.changed)},
                                           {"value_changed_ts", ts(e.changed)}});
    }
    return {{"entries", entries}};
}

json::object model::shown(const std::map<std::string, sticker>& stickers) const {
    json::object colors;
    for (const auto& [color, s] : stickers) colors.add(color, shown_sticker(s));
    return {{"stickers", json::object{{account_, colors}}}};
}

json::object model::history(const twin& t, time_point since, time_point until, size_t limit) const {
    json::object entries;
    for (const auto& [name, e] : t.entries) {
        json::object values;
        size_t n = 0;
        for (auto h = e.history.rbegin(); h != e.history.rend() && n < limit; ++h) {
            if (h->first < since || h->first > until) continue;
            values.add(ts_text(h->first), json::raw(h->second));
            ++n;
        }
        entries.add(name, values);
    }
    return {{"entries", entries}};
}

} // namespace twin_ledger::sim
