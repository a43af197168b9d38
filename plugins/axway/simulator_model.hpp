// What the simulated Streams knows: topics with their last payload, and webhook subscriptions.
#pragma once

#include <deque>
#include <memory>

#include "document_tree.hpp"
#include "simulator_text.hpp"

namespace axway::sim {

struct topic {
    std::string id, name, payload_type; ///< "snapshot" or "event"
    bool always_on = true;
    std::string payload; ///< as last published; empty: nothing yet
    uint64_t events = 0;
    time_point created;
    /// "<uuid>#<n>", as in the documentation's samples; here the uuid is the topic's and n grows by one.
    std::string next_event() { return id + "#" + std::to_string(++events); }
};

struct oauth {
    std::string client_id, client_secret, provider, scope, mode = "header";
};

/// How a notification is spoiled.
struct tamper_info {
    std::string_view name, about;
    std::string_view reason; ///< the code with which the plugin refuses it; "" when it must be accepted
    /// Must be refused: sent once, outside the subscription's order.
    bool forged() const { return !reason.empty(); }
};
const std::vector<tamper_info>& tampers();
const tamper_info* find_tamper(std::string_view);

struct delivery {
    std::string event_id, type, body;
    const tamper_info* tamper = nullptr;
    int attempts = 0;  ///< failed ones
    bool bare = false; ///< a test call: no event id, no type
};

struct exchange {
    std::string type, pipeline;
    time_point at;
    milliseconds took{};
    int attempt = 0, status = 0;
    std::vector<gatehouse::header> headers;
    std::string body, failure;
};

struct subscription {
    std::string id, topic_id, url, mode, status = "active", pipeline;
    std::vector<gatehouse::header> headers;
    std::optional<oauth> authorization;
    time_point created;

    bool started = false; ///< its first snapshot is on the way
    std::deque<delivery> queue;
    std::vector<delivery> asides; ///< what is sent outside the order, once there is a token
    bool under_way = false;
    std::string token;
    time_point token_expires;
    std::string first_token; ///< the oldest one it got: expired, once its life is over
    std::deque<exchange> exchanges;
    uint64_t delivered = 0, given_up = 0;
};

class model {
public:
    explicit model(simulator_host host) : host_(host) {}

    topic& add_topic(std::string name, std::string payload_type, bool always_on);
    topic* find_topic(std::string_view id_or_name);
    std::vector<std::unique_ptr<topic>>& topics() { return topics_; }

    subscription& add(const topic&, std::string url, std::string mode);
    bool remove(std::string id); ///< a copy: the id may be that of the subscription that goes
    subscription* find(std::string_view id);
    std::vector<std::unique_ptr<subscription>>& subscriptions() { return subscriptions_; }
    bool listened_to(const topic&) const;

    /// Puts the payload, and what it means to each active subscription into its queue; the ids of the events. An equal payload is none.
    std::vector<std::string> publish(topic&, const std::string& payload, const tamper_info* = nullptr);
    /// Starts a subscription with the last payload, as Streams does for a new one of a topic that is always on.
    void start(subscription&);
    /// An error event for every active subscription of the topic.
    std::string fail(topic&, int64_t code);
    /// The topic's payload with something in it changed.
    std::string changed(topic&);

private:
    delivery& put(subscription&, std::string event_id, std::string type, std::string body, const tamper_info*);

    simulator_host host_;
    std::vector<std::unique_ptr<topic>> topics_;
    std::vector<std::unique_ptr<subscription>> subscriptions_;
    uint64_t changes_ = 0;
};

/// "publication" for 70408 and the like; nothing for a code that the documentation does not have.
std::string_view category_of(int64_t code);

} // namespace axway::sim
