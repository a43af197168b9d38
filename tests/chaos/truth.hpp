// What the simulated providers produced, and what became of it in the gateway.
#pragma once

#include <set>

#include "tests/support/life.hpp"

namespace gh::test {

/// Every provider of the sandbox that has an account of its own, and what it can announce.
struct Profile {
    std::string name;
    std::vector<std::string> types;
    std::string twice;         ///< tamper: the same notification comes twice
    bool subscribes = true;    ///< the gateway subscribes itself
    bool recovers = true;      ///< its plugin has an operation of kind recover
    std::string expire_tokens; ///< command; may be empty
    bool sends_again = false;  ///< what it gave up lies in a queue, and comes again when its owner wants it
};

inline const std::vector<Profile>& profiles() {
    static const std::vector<Profile> k_all = {
        {"axway", {"snapshot", "patch", "patch", "patch"}, "duplicate-event-id", true, true, "expire-tokens"},
        {"basiq",
         {"user.created", "transactions.updated", "connection.created", "consent.created"},
         "replayed-id",
         true,
         true,
         "expire-tokens"},
        {"ivvy", {"CompanyAdded", "ContactNoteAdded", "InvoiceUpdated", "RoomRatesUpdated"}, "duplicate-id", true, true, "", true},
        {"twin-ledger", {"ledger.entry.updated", "ledger.entry.added", "sticker.put", "sticker.removed"}, "duplicate", true, true, ""},
        {"wicket", {"data_update"}, "duplicate-id", false, false, "", true},
    };
    return k_all;
}

/// How many subscriptions to one thing live at the provider at most; nullopt: something that is wanted has none.
inline std::optional<int> living(Life& life, const std::string& provider) {
    const auto state = life.command(provider, "state");
    std::map<std::string, int> there;
    const double now = std::chrono::duration<double>(life.now().time_since_epoch()).count();
    if (provider == "basiq")
        for (const auto& w : state["webhooks"]) there[w["url"].get<std::string>()] += w["status"] == "active";
    else if (provider == "axway")
        for (const auto& s : state["subscriptions"]) there[s["topic"].get<std::string>()] += s["status"] == "active";
    else if (provider == "twin-ledger")
        for (const auto& s : state["subscriptions"])
            there[s["topic"].get<std::string>()] += s["confirmed"] == true && s["validity_ts"].get<double>() > now;
    else
        for (const auto& s : state["sns"]["subscriptions"]) there[s["topic_arn"].get<std::string>()] += s["state"] == "confirmed";
    if (there.empty()) return std::nullopt;
    int most = 0;
    for (const auto& [what, count] : there) {
        if (count == 0) return std::nullopt;
        most = std::max(most, count);
    }
    return most;
}

/// What people do at the beginning: Wicket's administrator subscribes the address when it is ready, and the operator approves topics that
/// were not known beforehand (one of iVvy's seven, which the documented answer leaves out).
inline void subscribe(Life& life, const Profile& p) {
    if (!p.subscribes) life.command(p.name, "request-confirmation");
    std::set<std::string> approved;
    const size_t topics = p.name == "ivvy" ? 7 : 0;
    const bool subscribed = eventually(
        [&] {
            if (topics > 0)
                for (const auto& s : life.subscriptions(p.name))
                    if (s["state"] == "pending_approval" && s["id"].get<std::string>().ends_with("NotifAri") &&
                        approved.insert(s["id"]).second)
                        life.operate({"subscriptions", "call", p.name, "approve", "topic_arn=" + s["id"].get<std::string>()});
            const bool all = topics == 0 || life.command(p.name, "state")["sns"]["subscriptions"].size() == topics;
            return all && living(life, p.name) == 1;
        },
        std::chrono::seconds(90));
    BOOST_REQUIRE_MESSAGE(subscribed, life.subscriptions(p.name).dump() << life.gateway().log());
}

/// Messages that the provider has not done with.
inline int64_t under_way(Life& life, const std::string& provider) {
    const auto state = life.command(provider, "state");
    if (provider == "basiq") return state["messages"]["pending"];
    if (provider == "axway") return state["waiting"];
    if (provider == "twin-ledger") return state["messages"]["under_way"];
    return state["sns"]["pending"];
}

class Truth {
public:
    using json = nlohmann::json;
    struct Produced {
        std::string provider, type;
        std::string message; ///< id; empty when no notification was sent
        json about;          ///< the entry of the answer to send
    };

    /// Makes it happen, and remembers what the provider says of it.
    void produce(Life& life, const Profile& p, const std::string& type, int count, const std::string& tamper = "") {
        json arguments = {{"type", type}, {"count", count}};
        if (!tamper.empty()) arguments["tamper"] = tamper;
        const json sent = life.command(p.name, "send", arguments);
        if (p.name == "basiq") {
            // One webhook: the n-th message is of the n-th event.
            for (size_t i = 0; i < sent["events"].size(); ++i)
                all_.push_back(
                    {p.name, type, i < sent["messages"].size() ? sent["messages"][i]["id"].get<std::string>() : "", sent["events"][i]});
            return;
        }
        for (const auto& m : sent["messages"]) all_.push_back({p.name, type, m["id"], m});
        if (sent["messages"].empty()) all_.push_back({p.name, type, "", json::object()});
    }

    /// What did not come to be one delivered event.
    std::vector<const Produced*> missing(Life& life, const std::string& provider) {
        const auto stored = life.stored(provider);
        std::set<std::string> received;
        for (const auto& d : life.receiver().deliveries()) received.insert(d.webhook_id);
        const auto arrived = [&](const Life::Stored& s) { return s.count == 1 && s.status == "delivered" && received.contains(s.id); };
        std::vector<const Produced*> out;
        for (const auto& p : all_) {
            if (p.provider != provider) continue;
            std::vector<const Life::Stored*> here;
            for (const auto& [key, what] : stored)
                if ((!p.message.empty() && key.ends_with(p.message)) || is_recovered(p, key)) here.push_back(&what);
            const bool all = !here.empty() && std::all_of(here.begin(), here.end(), [&](const auto* s) { return arrived(*s); });
            // Trusted Twin tells no message ids when it is asked: see its README.
            const bool doubled = provider != "twin-ledger" && here.size() > 1;
            if (!all || doubled) out.push_back(&p);
        }
        return out;
    }
    /// Stored, given up, and shown as such.
    bool dead_with_reason(Life& life, const Produced& p) {
        if (p.message.empty()) return false;
        const auto all = life.stored(p.provider);
        const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.first.ends_with(p.message); });
        if (found == all.end() || found->second.status != "dead" || found->second.count != 1) return false;
        return !life.api("/api/v1/events/" + found->second.id)["reason"].get<std::string>().empty();
    }
    /// All that is known of one, for the reader of a failure.
    static std::string story(Life& life, const Produced& p) {
        std::string out = p.provider + " " + p.type + " " + p.message + " " + p.about.dump();
        if (p.message.empty()) return out + "; no notification was sent\n";
        const std::string word = p.message.substr(0, p.message.find('#'));
        for (const auto& e : life.api("/api/v1/events?search=" + word)["items"]) {
            const json whole = life.api("/api/v1/events/" + e["id"].get<std::string>());
            out += "; event " + e["id"].get<std::string>() + " " + e["status"].get<std::string>() + " " + whole["reason"].dump() +
                   " deliveries " + whole["deliveries"].dump().substr(0, 600);
        }
        for (const auto& [key, what] : life.stored(p.provider))
            if (is_recovered(p, key)) out += "; recovered " + key + " " + what.status + " " + std::to_string(what.count);
        const json state = life.command(p.provider, "state");
        if (p.provider == "basiq") out += "; webhooks " + state["webhooks"].dump().substr(0, 200) + " messages " + state["messages"].dump();
        if (state.contains("sns"))
            for (const auto& m : state["sns"]["messages"])
                if (m["id"] == p.message) out += "; provider: " + m.dump();
        return out + "\n";
    }
    /// What the server logged of a source.
    static std::string log_of(Life& life, const std::string& source) {
        std::istringstream in(life.gateway().log());
        std::string out;
        for (std::string line; std::getline(in, line);)
            if (line.find("\"source\":\"" + source + "\"") != std::string::npos || line.find("\"serving\"") != std::string::npos)
                out += line + "\n";
        return out;
    }
    const std::vector<Produced>& all() const { return all_; }
    size_t count(const std::string& provider) const {
        return static_cast<size_t>(std::count_if(all_.begin(), all_.end(), [&](const auto& p) { return p.provider == provider; }));
    }

private:
    /// Recovery names what it finds after the provider's records.
    static bool is_recovered(const Produced& p, const std::string& key) {
        if (p.provider == "basiq") return key == "event:" + p.about["id"].get<std::string>();
        if (p.provider != "twin-ledger" || !p.about.contains("event")) return false;
        const json& event = p.about["event"];
        const std::string twin = p.about["twin"];
        if (event.contains("color"))
            return key.starts_with("sticker:") && key.find(":" + twin + ":" + event["color"].get<std::string>() + ":") != std::string::npos;
        // One message tells several entries; each is an event of its own here, and the first stands for them.
        const auto first = event.begin();
        if (first == event.end() || !first->is_object()) return false;
        char at[32];
        std::snprintf(at, sizeof at, "%.3f", (*first)["changed_ts"].get<double>());
        return key.starts_with("history:" + twin + ":") && key.ends_with(":" + first.key() + ":" + at);
    }

    std::vector<Produced> all_;
};

} // namespace gh::test
