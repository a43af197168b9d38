// What a source knows of its subscriptions at SNS, in the source's state.
#pragma once

#include <gatehouse/answer.hpp>
#include <gatehouse/host.hpp>
#include <gatehouse/iso_time.hpp>
#include <gatehouse/json.hpp>
#include <gatehouse/subscription.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>

namespace gatehouse::sns {

/// pending_approval: a topic nobody named asks for confirmation, an operator decides. pending_confirmation: pinned (by an operator or by a
/// provider's answer), not confirmed yet. disabled: SNS said that the subscription has ended. All but the first are pinned. The other
/// states of subscriptions are not used here.
using topic_state = subscription_state;

/// One topic. The token confirms the subscription: it is kept in the state and never shown.
class topic_entry {
public:
    topic_entry(std::string_view arn, topic_state state, time_point since) : arn_(arn), state_(state), since_(since) {}

    static std::optional<topic_entry> parse(std::string_view text) {
        const json::document d = json::parse(text);
        const auto since = parse_utc_time(d["since"].text());
        if (!d["topic_arn"].is_string() || !since) return std::nullopt;
        for (const auto s :
             {topic_state::pending_approval, topic_state::pending_confirmation, topic_state::active, topic_state::disabled}) {
            if (d["state"].text() != to_string(s)) continue;
            topic_entry e(d["topic_arn"].text(), s, *since);
            e.subscription_ = d["subscription_arn"].text();
            e.token_ = d["token"].text();
            e.detail_ = d["detail"].text();
            return e;
        }
        return std::nullopt;
    }

    const std::string& arn() const { return arn_; }
    topic_state state() const { return state_; }
    bool pinned() const { return state_ != topic_state::pending_approval; }
    const std::string& subscription() const { return subscription_; } ///< ARN; empty until confirmed
    const std::string& token() const { return token_; }
    time_point since() const { return since_; }

    topic_entry& enter(topic_state s, time_point since) {
        state_ = s;
        since_ = since;
        return *this;
    }
    topic_entry& subscription(std::string_view arn) {
        subscription_ = arn;
        return *this;
    }
    topic_entry& token(std::string_view t) {
        token_ = t;
        return *this;
    }
    topic_entry& detail(std::string_view text) {
        detail_ = text;
        return *this;
    }

    /// As operators and the host's reconciler see it. SNS offers subscribers no list: it is what we remember.
    subscription_record record() const {
        return subscription_record(arn_, state_)
            .facts({{"topic_arn", arn_}, {"subscription_arn", subscription_}, {"since", utc_text(since_)}})
            .ours(pinned())
            .from_memory()
            .detail(detail_);
    }
    json::object shown() const { return record().json(); }
    std::string text() const {
        return json::object({{"topic_arn", arn_},
                             {"state", to_string(state_)},
                             {"subscription_arn", subscription_},
                             {"detail", detail_},
                             {"since", utc_text(since_)},
                             {"token", token_}})
            .text();
    }

private:
    std::string arn_, subscription_, token_, detail_;
    topic_state state_;
    time_point since_;
};

/// Entries in a fixed number of slots of the state, each committed by itself, so that two jobs changing two topics never overwrite each
/// other. Any thread.
class topic_table {
public:
    explicit topic_table(host h) : host_(h) {}

    std::optional<topic_entry> find(std::string_view arn) const {
        const size_t first = std::hash<std::string_view>()(arn) % k_slots;
        for (size_t i = 0; i < k_slots; ++i) {
            auto e = at((first + i) % k_slots);
            if (e && e->arn() == arn) return e;
        }
        return std::nullopt;
    }

    std::vector<topic_entry> all() const {
        std::vector<topic_entry> out;
        for (size_t i = 0; i < k_slots; ++i)
            if (auto e = at(i)) out.push_back(std::move(*e));
        std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.arn() < b.arn(); });
        return out;
    }

    /// The change that stores the entry. At most 16 topics wait for approval: the one that has waited longest gives way. Throws
    /// failure::retry when every slot holds a pinned topic.
    state_change put(const topic_entry& e) {
        const std::lock_guard lock(mutex_);
        const size_t slot = slot_for(e);
        given_[slot].arn = e.arn();
        given_[slot].at = host_.now();
        return state_change(key(slot), e.text());
    }
    /// A topic's confirmation and the answer that names the topic come at the same time, and what each writes is seen only once it is
    /// committed. Here they meet. asks: a topic that is not pinned asks for confirmation; false when it is being pinned right now. pins:
    /// the topic is being pinned; gives the token of a confirmation that has just asked, or nothing.
    bool asks(const std::string& arn, std::string_view token) {
        const std::lock_guard lock(mutex_);
        if (is_fresh(pinning_, arn)) return false;
        remember(asking_, arn, token);
        return true;
    }
    std::string pins(const std::string& arn) {
        const std::lock_guard lock(mutex_);
        remember(pinning_, arn, {});
        return is_fresh(asking_, arn) ? asking_.find(arn)->second.token : std::string();
    }
    bool being_pinned(std::string_view arn) const {
        const std::lock_guard lock(mutex_);
        return is_fresh(pinning_, arn);
    }

    /// The change that forgets a topic; none when it is not there.
    std::optional<state_change> remove(std::string_view arn) {
        const std::lock_guard lock(mutex_);
        for (auto* all : {&pinning_, &asking_})
            if (const auto it = all->find(arn); it != all->end()) all->erase(it);
        for (size_t i = 0; i < k_slots; ++i)
            if (const auto e = at(i); e && e->arn() == arn) return state_change::remove(key(i));
        return std::nullopt;
    }

private:
    static constexpr size_t k_slots = 64, k_most_pending = 16;
    /// For so long a slot given to a topic counts as taken although the state does not show it: its commit is under way, or has failed.
    static constexpr milliseconds k_commit{60'000};
    struct given {
        std::string arn;
        time_point at{};
    };

    struct moment {
        time_point at{};
        std::string token;
    };
    using moments = std::map<std::string, moment, std::less<>>;

    bool is_fresh(const moments& all, std::string_view arn) const {
        const auto it = all.find(arn);
        return it != all.end() && host_.now() - it->second.at < k_commit;
    }
    /// At most as many as there are slots: the oldest gives way.
    void remember(moments& all, const std::string& arn, std::string_view token) {
        std::erase_if(all, [&](const auto& m) { return host_.now() - m.second.at >= k_commit; });
        if (all.size() >= k_slots)
            all.erase(std::min_element(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.second.at < b.second.at; }));
        all[arn] = {host_.now(), std::string(token)};
    }

    static std::string key(size_t slot) { return "sns.topic." + std::to_string(slot); }
    std::optional<topic_entry> at(size_t slot) const {
        const auto text = host_.get_state(key(slot));
        return text ? topic_entry::parse(*text) : std::nullopt;
    }

    size_t slot_for(const topic_entry& e) const {
        const size_t first = std::hash<std::string_view>()(e.arn()) % k_slots;
        std::optional<size_t> empty, oldest;
        time_point oldest_since = time_point::max();
        size_t pending = 0;
        for (size_t i = 0; i < k_slots; ++i) {
            const size_t slot = (first + i) % k_slots;
            const auto there = at(slot);
            const bool taken = !there && host_.now() - given_[slot].at < k_commit;
            if (there ? there->arn() == e.arn() : taken && given_[slot].arn == e.arn()) return slot;
            if (!there) {
                if (!taken && !empty) empty = slot;
            } else if (!there->pinned()) {
                ++pending;
                if (there->since() < oldest_since) {
                    oldest = slot;
                    oldest_since = there->since();
                }
            }
        }
        if (empty && (e.pinned() || pending < k_most_pending)) return *empty;
        if (oldest) return *oldest;
        throw failure::retry("64 topics are pinned in this source's state, which is the most; forget some with the operation \"forget\"");
    }

    host host_;
    mutable std::mutex mutex_;
    std::array<given, k_slots> given_;
    moments asking_, pinning_;
};

} // namespace gatehouse::sns
