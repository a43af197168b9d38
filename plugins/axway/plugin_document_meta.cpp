#include <gatehouse/iso_time.hpp>

#include <algorithm>

#include "plugin_documents.hpp"

namespace axway {

using gatehouse::state_change;

document_meta document_meta::parse(const std::optional<std::string>& text) {
    document_meta m;
    if (!text) return m;
    const json::document d = json::parse(*text);
    if (!d) {
        m.state = "stale";
        m.reason = "what was kept of it cannot be read: " + d.error();
        return m;
    }
    m.topic = d["topic"].text();
    m.state = d["state"].text();
    m.version = d["version"].integer().value_or(0);
    for (const json::value v : d["applied"].elements()) m.applied.emplace_back(v.text());
    m.size = static_cast<size_t>(d["size"].integer().value_or(0));
    m.updated = d["updated"].text();
    m.snapshot_at = d["snapshot_at"].text();
    m.stale_since = d["stale_since"].text();
    m.reason = d["reason"].text();
    // Earlier versions kept it as milliseconds.
    m.received = d["received"].is_string() ? gatehouse::parse_utc_time(d["received"].text()).value_or(time_point())
                                           : time_point(milliseconds(d["received"].integer().value_or(0)));
    m.kept = d["kept"].integer().value_or(0);
    m.error_code = d["error"]["code"].integer().value_or(0);
    m.error_category = d["error"]["category"].text();
    m.error_at = d["error"]["at"].text();
    return m;
}

json::object document_meta::json() const {
    json::array ids;
    for (const std::string& id : applied) ids.add(id);
    json::object o{{"topic", topic}, {"state", state},     {"version", version},
                   {"size", size},   {"updated", updated}, {"received", gatehouse::utc_text(received)},
                   {"applied", ids}};
    if (!snapshot_at.empty()) o.add("snapshot_at", snapshot_at);
    if (!stale_since.empty()) o.add("stale_since", stale_since);
    if (!reason.empty()) o.add("reason", reason);
    if (kept > 0) o.add("kept", kept);
    if (!error_at.empty()) o.add("error", json::object{{"code", error_code}, {"category", error_category}, {"at", error_at}});
    return o;
}

std::vector<std::string> document_keeper::known(const gatehouse::host& h) {
    std::vector<std::string> out;
    const auto text = h.get_state("known");
    if (!text) return out;
    const json::document d = json::parse(*text);
    for (const json::value v : d.root().elements()) out.emplace_back(v.text());
    return out;
}

void document_keeper::remember(const gatehouse::host& h, const std::string& subscription, bool there, std::vector<state_change>& out) {
    std::vector<std::string> ids = known(h);
    const auto found = std::find(ids.begin(), ids.end(), subscription);
    if ((found != ids.end()) == there) return;
    if (there)
        ids.push_back(subscription);
    else
        ids.erase(found);
    json::array a;
    for (const std::string& id : ids) a.add(id);
    out.emplace_back("known", a.text());
}

std::string document_keeper::overview() const {
    json::array out;
    for (const std::string& id : known(host_)) {
        const document_meta m = document_meta::parse(host_.get_state(meta_key(id)));
        json::object o = m.json();
        o.add("subscription", id);
        if (const auto lost = host_.get_state(suspect_key(id))) o.add("suspect", *lost);
        out.add(o);
    }
    return out.text();
}

std::string document_keeper::remark(const std::string& subscription) const {
    const document_meta m = document_meta::parse(host_.get_state(meta_key(subscription)));
    std::string out;
    if (m.state == "stale") {
        out = "document stale since " + m.stale_since + ": " + m.reason + "; " + std::to_string(m.kept) +
              " patches kept, not applied; a snapshot mends it (operation resync)";
    } else if (const auto lost = host_.get_state(suspect_key(subscription))) {
        out = "document stale: " + *lost + "; a snapshot mends it (operation resync)";
    } else if (m.state == "retired") {
        out = m.reason;
    }
    if (!m.error_at.empty())
        out +=
            (out.empty() ? "" : "; ") + ("last error event " + m.error_at + ": " + std::to_string(m.error_code) + " " + m.error_category);
    return out;
}

} // namespace axway
