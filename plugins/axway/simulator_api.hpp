// Streams' API as the simulator serves it: topics, webhook subscriptions, the http-post publisher.
#pragma once

#include <functional>

#include "simulator_sender.hpp"

namespace axway::sim {

class api {
public:
    api(simulator_host host, model& m, sender& s, std::string key) : host_(host), model_(m), sender_(s), key_(std::move(key)) {}

    api_answer serve(const gatehouse::request&);

    /// Largest payload of the http-post publisher.
    static constexpr size_t k_most_payload = 1'000'000;

private:
    using parts = std::vector<std::string>;
    api_answer topics(const gatehouse::request&, const parts&);
    api_answer of_topic(const gatehouse::request&, topic&);
    api_answer one(const gatehouse::request&, const parts&);
    api_answer create(const gatehouse::request&, topic&);
    api_answer change(const gatehouse::request&, subscription&);
    api_answer exchanges(const gatehouse::request&, const subscription&) const;
    api_answer publish(const gatehouse::request&, std::string_view topic_id);
    /// Pages, with relative links.
    api_answer page(const gatehouse::request&, std::vector<json::object> items) const;

    json::object render(const topic&) const;
    json::object render(const subscription&) const;

    simulator_host host_;
    model& model_;
    sender& sender_;
    std::string key_;
};

} // namespace axway::sim
