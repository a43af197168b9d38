// Basiq's API (api.basiq.io/reference): tokens, events, users and what belongs to them, and the management of webhooks.
#pragma once

#include "simulator_notifier.hpp"

namespace basiq::sim {

struct api_settings {
    std::string api_key;                   ///< exactly as issued: base64 already
    std::string secret_style;              ///< of new webhooks, see make_secret
    bool sample_shapes = false;            ///< lists of one as the single thing, as some samples have it
    std::chrono::seconds token_life{3600}; ///< of the receiver's clock
    std::chrono::seconds cool_off{0};      ///< after creating a webhook, in simulated time
};

class api {
public:
    api(simulator_host host, api_settings settings, model& m, notifier& n)
        : host_(host), settings_(std::move(settings)), model_(m), notifier_(n), pager_(host) {}

    api_answer serve(const gatehouse::request&);

    const api_settings& settings() const { return settings_; }
    void expire_tokens() { tokens_.clear(); }
    void disable_account(bool disabled) { disabled_ = disabled; }
    /// The next `count` requests whose path begins with `path` get this status with the documented body.
    void fail_next(int status, size_t count, std::string path) { failures_.push_back({status, count, std::move(path)}); }
    size_t tokens() const { return tokens_.size(); }

private:
    struct session {
        time_point ends;
        bool client; ///< CLIENT_ACCESS
        std::string user;
    };
    struct planned_failure {
        int status;
        size_t left;
        std::string path;
    };
    using segments = std::vector<std::string>;

    api_answer token_call(const gatehouse::request&);
    /// Null when the request may go on.
    std::optional<api_answer> refuse(const gatehouse::request&, const segments&);
    std::optional<api_answer> planned(std::string_view path);
    api_answer events(const gatehouse::request&, const segments&);
    api_answer users(const gatehouse::request&, const segments&);
    api_answer notifications(const gatehouse::request&, const segments&);
    api_answer create_webhook(const gatehouse::request&);
    api_answer update_webhook(const gatehouse::request&, webhook&);
    api_answer test_message(const gatehouse::request&);
    api_answer messages(const gatehouse::request&, const segments&, const webhook&);
    /// Reads url, name, description and subscribedEvents into w. `self`: its id when it exists already.
    std::optional<api_answer> read_webhook(const json::document&, webhook& w, std::string_view self);
    json::object render(const webhook&, bool with_secret) const;
    json::object render(const message&) const;
    json::object render_type(const type_info&) const;

    simulator_host host_;
    api_settings settings_;
    model& model_;
    notifier& notifier_;
    pager pager_;
    std::map<std::string, session, std::less<>> tokens_;
    std::deque<time_point> token_calls_;
    std::vector<planned_failure> failures_;
    bool disabled_ = false;
};

} // namespace basiq::sim
