#include "core/subscriptions/plan.hpp"

#include <algorithm>

namespace gh::subscriptions {

namespace {

using Kind = Step::Kind;

/// One listed subscription of ours with what we know of it.
struct Candidate {
    const Record* record;
    const Owned* owned; ///< null: not in our record
    std::vector<std::string> differs;
    bool secret_known = true;

    bool retiring() const { return owned && owned->retiring; }
    bool healthy() const { return record->state != "suspended" && record->state != "disabled"; }
    int rank() const { return (differs.empty() ? 8 : 0) + (healthy() ? 4 : 0) + (secret_known ? 2 : 0) + (owned ? 1 : 0); }
};

class Decision {
public:
    explicit Decision(const Situation& s) : s_(s) {}

    Plan take() {
        collect();
        for (const auto& c : candidates_) {
            if (c.retiring()) {
                remove(c, "a newer one has taken its place");
                line(c, "orphan");
            }
        }
        if (s_.wanted) {
            decide_wanted();
        } else {
            for (const auto& c : candidates_) {
                if (c.retiring()) continue;
                if (s_.can_create && !(c.owned && c.owned->by_hand))
                    orphan(c, "the configuration wants none");
                else
                    line(c, c.record->state);
            }
        }
        // What the plugin remembers because it asked this source, and waits for an operator, is more than somebody else's.
        for (const auto* record : foreign_) {
            const bool waits = record->from_memory && record->state == "pending_approval";
            plan_.lines.push_back({*record, waits ? record->state : "foreign", false, {}});
        }
        plan_.intent_settled = s_.intent && s_.listed;
        return std::move(plan_);
    }

private:
    const Owned* find_owned(const std::string& id) const {
        for (const auto& owned : s_.owned)
            if (owned.last.id == id) return &owned;
        return nullptr;
    }

    bool at_our_address(const Record& r) const {
        if (!s_.wanted || s_.addresses.empty()) return false;
        return std::all_of(s_.addresses.begin(), s_.addresses.end(), [&](const std::string& name) {
            const auto *wanted = s_.wanted->member(name), *there = r.facts.member(name);
            return wanted && there && plugin::same_value(*wanted, *there);
        });
    }

    bool knows_secret(const std::string& id, bool owned) const {
        if (!s_.gives_secret || s_.secrets_of.contains(id)) return true;
        // What an unheard answer created has a secret that nobody here has seen; the configured one belongs to something older.
        return s_.secret_configured && (owned || !s_.intent);
    }

    void add(const Record& record, const Owned* owned) {
        Candidate c{&record, owned, {}, knows_secret(record.id, owned != nullptr)};
        if (s_.wanted) c.differs = differences(*s_.wanted, record.facts);
        candidates_.push_back(std::move(c));
    }

    void collect() {
        if (!s_.listed) {
            for (const auto& owned : s_.owned) add(owned.last, &owned);
            return;
        }
        const bool asked = std::none_of(s_.listed->begin(), s_.listed->end(), [](const Record& r) { return r.from_memory; });
        for (const auto& record : *s_.listed) {
            const Owned* owned = find_owned(record.id);
            if (owned || record.ours || at_our_address(record))
                add(record, owned);
            else
                foreign_.push_back(&record);
        }
        for (const auto& owned : s_.owned) {
            const auto same = [&](const Record& r) { return r.id == owned.last.id; };
            if (std::any_of(s_.listed->begin(), s_.listed->end(), same)) continue;
            if (asked)
                step(Kind::forget, owned.last.id, "the provider does not have it any more");
            else
                add(owned.last, &owned);
        }
    }

    void decide_wanted() {
        const Candidate* keeper = nullptr;
        for (const auto& c : candidates_)
            if (!c.retiring() && (!keeper || c.rank() > keeper->rank())) keeper = &c;
        if (!keeper) {
            Record missing;
            missing.facts = *s_.wanted;
            plan_.lines.push_back({std::move(missing), "wanted", true, {}});
            create("", "it is wanted and not there");
        } else {
            keep(*keeper);
        }
        for (const auto& c : candidates_) {
            if (&c == keeper || c.retiring()) continue;
            const bool replaced = s_.intent && !s_.intent->replaces.empty() && s_.intent->replaces == c.record->id;
            if (replaced || c.differs.empty()) {
                line(c, "orphan");
                remove(c, replaced ? "a newer one has taken its place" : "it is there twice");
            } else {
                orphan(c, "another one is the wanted one");
            }
        }
    }

    void keep(const Candidate& c) {
        const Record& r = *c.record;
        if (!c.owned) step(Kind::adopt, r.id, s_.intent ? "an interrupted call made it" : "it has our callback address");
        const auto expires = c.owned ? c.owned->last.expires_at : r.expires_at;
        const bool expired = expires && *expires <= s_.now;
        const bool due = c.owned && expires && s_.now >= renewal_due(*c.owned);
        const bool alert = c.owned && expires && s_.now >= alert_due(*c.owned);
        if (c.owned && expires) plan_.renew_at = renewal_due(*c.owned);

        line(c, !c.healthy() ? r.state : alert ? "expiring" : !c.differs.empty() ? "drifted" : r.state);
        if (r.state == "disabled") {
            plan_.notes.push_back(
                "subscription " + r.id +
                " was disabled by someone, so it is left alone: enable it at the provider, or unsubscribe it and apply again");
            return;
        }
        if (expired) return replace(c, "it has expired");
        if (!c.secret_known) return regain_secret(c);
        if (!c.differs.empty()) return change(c, "it differs: " + joined(c.differs));
        if (r.state == "suspended") return change(c, "the provider has suspended it");
        if (due) {
            if (s_.can_renew)
                step(Kind::renew, r.id, "two thirds of its life are over");
            else
                change(c, "two thirds of its life are over");
        }
    }

    void change(const Candidate& c, std::string why) {
        if (s_.can_update)
            step(Kind::update, c.record->id, std::move(why));
        else if (c.record->state == "suspended" && c.differs.empty() && s_.can_renew)
            step(Kind::renew, c.record->id, std::move(why));
        else
            replace(c, std::move(why));
    }

    /// The new one first, so that nothing is missed between.
    void replace(const Candidate& c, std::string why) {
        create(c.record->id, why);
        remove(c, "the new one has taken its place");
    }

    void regain_secret(const Candidate& c) {
        const std::string why = "its secret was never heard, so its notifications cannot be verified";
        if (s_.can_update) {
            step(Kind::update, c.record->id, why);
            plan_.steps.back().for_secret = true;
        } else {
            // It is worth nothing as it is, and many providers take one subscription per address only.
            remove(c, why);
            create("", "in the place of one whose secret was never heard");
        }
    }

    void orphan(const Candidate& c, const char* why) {
        line(c, "orphan");
        if (s_.prune) remove(c, why);
    }

    void create(const std::string& replaces, std::string why) {
        if (s_.intent && !s_.listed)
            plan_.notes.push_back("a call that was cut off may have made one already, and this provider cannot be asked: look there once");
        plan_.steps.push_back({Kind::create, "", std::move(why), replaces, false});
    }

    void remove(const Candidate& c, std::string why) {
        if (s_.can_remove)
            step(Kind::remove, c.record->id, std::move(why));
        else
            plan_.notes.push_back("subscription " + c.record->id + " should go (" + why +
                                  "), but the plugin cannot unsubscribe: remove it there");
    }

    void step(Kind kind, const std::string& id, std::string why) { plan_.steps.push_back({kind, id, std::move(why), "", false}); }
    void line(const Candidate& c, std::string state) {
        Line l{*c.record, std::move(state), true, s_.wanted ? c.differs : std::vector<std::string>()};
        if (c.owned && !l.record.expires_at) l.record.expires_at = c.owned->last.expires_at;
        plan_.lines.push_back(std::move(l));
    }
    static std::string joined(const std::vector<std::string>& names) {
        std::string out;
        for (const auto& n : names) (out += out.empty() ? "" : ", ") += n;
        return out;
    }

    const Situation& s_;
    std::vector<Candidate> candidates_;
    std::vector<const Record*> foreign_;
    Plan plan_;
};

Time at_part(const Owned& owned, int numerator, int denominator) {
    const Millis life = *owned.last.expires_at - owned.renewed_at;
    return owned.renewed_at + life * numerator / denominator;
}

} // namespace

std::string_view to_text(Kind kind) {
    static constexpr std::string_view k_texts[] = {"adopt", "forget", "create", "update", "renew", "remove"};
    return k_texts[static_cast<size_t>(kind)];
}

Time renewal_due(const Owned& owned) {
    return at_part(owned, 2, 3);
}

Time alert_due(const Owned& owned) {
    return at_part(owned, 5, 6);
}

Plan decide(const Situation& situation) {
    return Decision(situation).take();
}

} // namespace gh::subscriptions
