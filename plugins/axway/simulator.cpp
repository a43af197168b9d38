// Axway Amplify Streams as the sandbox plays it.
#include <algorithm>

#include "simulator_api.hpp"

namespace axway::sim {

namespace {

using gatehouse::command_error;
constexpr int64_t k_most_at_once = 10'000;
constexpr std::string_view k_types[] = {"snapshot", "patch", "event", "error"};

} // namespace

class simulator {
public:
    simulator(simulator_host host, const json::document& settings)
        : host_(host),
          model_(host),
          sender_(host, model_, read(settings.root())),
          key_(arguments::text(settings["api_key"], "api_key", secret(host))),
          client_{arguments::text(settings["client_id"], "client_id", "streams"),
                  arguments::text(settings["client_secret"], "client_secret", secret(host)),
                  std::string(host.target_url()) + "/oauth/token", arguments::text(settings["scope"], "scope"),
                  arguments::text(settings["oauth_mode"], "oauth_mode", "header")},
          header_secret_(secret(host)),
          protection_(arguments::text(settings["protection"], "protection", "oauth2")),
          token_life_(arguments::integer(settings["token_life"], "token_life", 0, 86'400, 0)),
          api_(host, model_, sender_, key_) {
        if (protection_ != "oauth2" && protection_ != "header" && protection_ != "both")
            throw command_error::invalid("protection: give oauth2, header or both");
        if (client_.mode != "header" && client_.mode != "body") throw command_error::invalid("oauth_mode: give header or body");
        const bool always_on = arguments::flag(settings["always_on"], "always_on", true);
        mode_ = arguments::text(settings["mode"], "mode", "snapshot-patch");
        if (mode_ != "snapshot-patch" && mode_ != "snapshot-only")
            throw command_error::invalid("mode: give snapshot-patch or snapshot-only");
        topic& documents = model_.add_topic("accounts", "snapshot", always_on);
        topic& events = model_.add_topic("leads", "event", always_on);
        if (!arguments::flag(settings["subscribe"], "subscribe", !host.fresh())) return;
        protect(model_.add(documents, std::string(host.target_url()), mode_));
        protect(model_.add(events, std::string(host.target_url()), "event"));
    }

    api_answer serve(const gatehouse::request& r) { return api_.serve(r); }
    void sent(uint64_t token, const gatehouse::sent_outcome& o) { sender_.sent(token, o); }
    void woken(uint64_t token) { sender_.woken(token); }

    std::string command(std::string_view name, const json::document& arguments) {
        const json::value a = arguments.root();
        if (name == "send") return send(a);
        if (name == "publish") return publish(a);
        if (name == "document") return document(a);
        if (name == "state" || name == "list") return state();
        if (name == "expire-tokens") {
            sender_.forget_tokens();
            return "{}";
        }
        throw command_error::unknown(name);
    }

    std::string describe() const {
        json::array types, spoils, commands, pinned;
        for (const std::string_view t : k_types) types.add(t);
        for (const tamper_info& t : tampers())
            spoils.add(json::object{{"name", t.name}, {"about", t.about}, {"refused", t.forged()}, {"reason", t.reason}});
        const auto command = [&](std::string_view name, std::string_view about, const json::object& arguments) {
            commands.add(json::object{{"name", name}, {"about", about}, {"arguments", arguments}});
        };
        command("send", "publishes something new and sends what the subscriptions get of it",
                {{"type", "snapshot (begins anew with the whole document), patch, event or error"},
                 {"count", "how many, up to 10000"},
                 {"tamper", "how to spoil them"},
                 {"code", "of an error, such as 70408"},
                 {"topic", "id or name; else accounts, and leads for event"}});
        command("publish", "publishes a payload of your own", {{"topic", "id or name; else accounts"}, {"payload", "any JSON"}});
        command("document", "the payload that was published last", {{"topic", "id or name; else accounts"}});
        command("state", "topics, subscriptions and counts", {});
        command("expire-tokens", "forgets the access tokens: the next delivery fetches a new one", {});

        for (const auto& s : const_cast<model&>(model_).subscriptions()) pinned.add(s->id);
        json::object settings{{"api_url", host_.base_url()}, {"api_key", "${secret:api_key}"}};
        const bool subscribed = !const_cast<model&>(model_).subscriptions().empty();
        if (subscribed) settings.add("subscriptions", pinned);
        json::object secrets{{"api_key", key_}};
        if (protection_ != "header") {
            json::array clients;
            clients.add(json::object{{"id", client_.client_id}, {"secret", "${secret:client_secret}"}});
            settings.add("clients", clients);
            secrets.add("client_secret", client_.client_secret);
            if (token_life_ > 0) settings.add("token_life", token_life_).add("token_grace", 0);
        }
        if (protection_ != "oauth2") {
            settings.add("header", json::object{{"value", "${secret:header}"}});
            secrets.add("header", header_secret_);
        }
        json::object source{{"plugin", "axway"}, {"settings", settings}, {"fetch_back", json::object{{"mode", "required"}}}};
        if (!subscribed)
            source.add("subscription",
                       json::object{{"url", host_.target_url()}, {"topic", "accounts"}, {"mode", mode_}, {"reconcile", "auto"}});
        return json::object{{"types", types}, {"tampers", spoils}, {"commands", commands}, {"source", source}, {"secrets", secrets}}.text();
    }

private:
    static sending read(json::value s) {
        arguments::only(s, {"api_key", "client_id", "client_secret", "scope", "oauth_mode", "protection", "token_life", "always_on", "mode",
                            "subscribe", "retries", "retry_wait", "renew_on_401", "encode_basic"});
        sending out;
        out.retries = static_cast<int>(arguments::integer(s["retries"], "retries", 0, 1'000'000, out.retries));
        out.retry_wait = milliseconds(arguments::integer(s["retry_wait"], "retry_wait", 1, 60'000, out.retry_wait.count()));
        out.renew_on_401 = arguments::flag(s["renew_on_401"], "renew_on_401", out.renew_on_401);
        out.encode_basic = arguments::flag(s["encode_basic"], "encode_basic", out.encode_basic);
        return out;
    }

    void protect(subscription& s) const {
        if (protection_ != "header") s.authorization = client_;
        if (protection_ != "oauth2") s.headers.emplace_back("X-Gatehouse-Secret", header_secret_);
    }

    topic& topic_of(json::value a, const char* otherwise) {
        topic* t = model_.find_topic(arguments::text(a["topic"], "topic", otherwise));
        if (!t) throw command_error::invalid("topic: there is none of this id or name");
        return *t;
    }

    std::string send(json::value a) {
        arguments::only(a, {"type", "count", "tamper", "code", "topic"});
        const std::string type = arguments::text(a["type"], "type");
        if (std::find(std::begin(k_types), std::end(k_types), type) == std::end(k_types))
            throw command_error::invalid("type: give snapshot, patch, event or error");
        const tamper_info* tamper = nullptr;
        if (const std::string name = arguments::text(a["tamper"], "tamper"); !name.empty()) {
            tamper = find_tamper(name);
            if (!tamper) throw command_error::invalid("tamper: there is no \"" + gatehouse::printable(name) + "\"");
        }
        topic& t = topic_of(a, type == "event" ? "leads" : "accounts");
        const int64_t code = arguments::integer(a["code"], "code", 0, 99'999, 70'408);
        if (category_of(code).empty()) throw command_error::invalid("code: is not one of Streams' error codes");
        json::array messages;
        size_t sent = 0;
        for (int64_t n = arguments::integer(a["count"], "count", 1, k_most_at_once, 1); n > 0; --n) {
            for (const std::string& id : happen(t, type, code, tamper)) {
                messages.add(json::object{{"id", id}, {"topic", t.id}});
                ++sent;
            }
        }
        sender_.pump();
        json::object out{{"sent", sent}, {"messages", messages}};
        if (sent == 0) out.add("note", "no active subscription");
        return out.text();
    }

    /// Something changes, and what the subscriptions get of it waits in their queues; a forgery goes out beside them.
    std::vector<std::string> happen(topic& t, const std::string& type, int64_t code, const tamper_info* tamper) {
        if (tamper && (tamper->forged() || tamper->name == "test-call")) return forge(t, type, tamper);
        if (type == "error") return model_.listened_to(t) ? std::vector{model_.fail(t, code)} : std::vector<std::string>();
        if (type == "snapshot")
            for (const auto& s : model_.subscriptions())
                if (s->topic_id == t.id) s->started = false;
        if (tamper && tamper->name == "broken-patch") return broken(t, tamper);
        auto ids = model_.publish(t, model_.changed(t), tamper);
        if (tamper && tamper->name == "bare-patch") only_first_operation(t);
        if (tamper && tamper->name == "out-of-order") {
            for (auto& id : model_.publish(t, model_.changed(t), nullptr)) ids.push_back(std::move(id));
            for (const auto& s : model_.subscriptions())
                if (s->topic_id == t.id && s->queue.size() >= 2 + static_cast<size_t>(s->under_way))
                    std::swap(s->queue[s->queue.size() - 1], s->queue[s->queue.size() - 2]);
        }
        return ids;
    }

    std::vector<std::string> forge(topic& t, const std::string& type, const tamper_info* tamper) {
        std::vector<std::string> ids;
        for (const auto& s : model_.subscriptions()) {
            if (s->topic_id != t.id) continue;
            if (tamper->name == "wrong-header" && s->headers.empty())
                throw command_error::invalid("tamper: the subscription has no webhookHeaders; set protection to header or both");
            if (tamper->name.ends_with("-token") && !s->authorization)
                throw command_error::invalid("tamper: the subscription has no authorization; set protection to oauth2 or both");
            delivery d;
            d.event_id = t.next_event();
            d.type = type;
            d.body = type == "patch" ? R"([{"op":"replace","path":"/closed","value":"forged"}])" : R"({"forged":true})";
            d.tamper = tamper;
            d.bare = tamper->name == "test-call";
            ids.push_back(d.event_id);
            sender_.send_aside(*s, d);
        }
        return ids;
    }

    std::vector<std::string> broken(topic& t, const tamper_info* tamper) {
        const std::string id = t.next_event();
        std::vector<std::string> ids;
        for (const auto& s : model_.subscriptions()) {
            if (s->topic_id != t.id || s->status != "active") continue;
            delivery d;
            d.event_id = id;
            d.type = "patch";
            d.body = R"([{"op":"replace","path":"/sequence","value":-1},{"op":"remove","path":"/there/is/no/such/place"}])";
            d.tamper = tamper;
            s->queue.push_back(std::move(d));
            ids.push_back(id);
        }
        return ids;
    }

    /// The older form: the patch shrinks to its first operation, and the published payload to what that makes of it.
    void only_first_operation(topic& t) {
        for (const auto& s : model_.subscriptions()) {
            if (s->topic_id != t.id || s->queue.empty() || s->queue.back().type != "patch") continue;
            const json::document list = json::parse(s->queue.back().body);
            std::string rest;
            for (const json::value op : list.root().elements()) {
                if (rest.empty()) {
                    rest = op.raw();
                    s->queue.back().body = rest;
                    continue;
                }
                delivery d;
                d.event_id = t.next_event();
                d.type = "patch";
                d.body = op.raw();
                s->queue.push_back(std::move(d));
            }
        }
    }

    std::string publish(json::value a) {
        arguments::only(a, {"topic", "payload"});
        topic& t = topic_of(a, "accounts");
        if (!a["payload"]) throw command_error::invalid("payload: give any JSON");
        json::array messages;
        // Only the http-post publisher can refuse a large payload; of the others the subscribers hear.
        if (a["payload"].raw().size() > api::k_most_payload)
            messages.add(json::object{{"id", model_.fail(t, 70'015)}, {"topic", t.id}});
        else
            for (const std::string& id : model_.publish(t, std::string(a["payload"].raw())))
                messages.add(json::object{{"id", id}, {"topic", t.id}});
        sender_.pump();
        return json::object{{"messages", messages}}.text();
    }

    std::string document(json::value a) {
        arguments::only(a, {"topic"});
        const topic& t = topic_of(a, "accounts");
        return json::object{{"topic", t.id}, {"payload", json::raw(t.payload.empty() ? "null" : t.payload)}}.text();
    }

    std::string state() {
        json::array topics, subscriptions;
        for (const auto& t : model_.topics())
            topics.add(json::object{{"id", t->id}, {"name", t->name}, {"type", t->payload_type}, {"events", t->events}});
        size_t waiting = 0;
        for (const auto& s : model_.subscriptions()) {
            subscriptions.add(json::object{{"id", s->id},
                                           {"topic", s->topic_id},
                                           {"url", s->url},
                                           {"mode", s->mode},
                                           {"status", s->status},
                                           {"waiting", s->queue.size()},
                                           {"delivered", s->delivered},
                                           {"given_up", s->given_up}});
            waiting += s->queue.size() + s->asides.size();
        }
        return json::object{{"topics", topics},
                            {"subscriptions", subscriptions},
                            {"waiting", waiting},
                            {"tokens", json::object{{"requested", sender_.token_requests()},
                                                    {"refused", sender_.token_failures()},
                                                    {"last_error", sender_.last_token_error()}}},
                            {"aside", json::object{{"accepted", sender_.aside_accepted()}, {"refused", sender_.aside_refused()}}},
                            {"now", date(host_.now())}}
            .text();
    }

    simulator_host host_;
    model model_;
    sender sender_;
    std::string key_;
    oauth client_;
    std::string header_secret_, protection_, mode_;
    int64_t token_life_;
    api api_;
};

} // namespace axway::sim

GATEHOUSE_SIMULATOR(axway::sim::simulator, "axway", "1.0.0",
                    "Axway Amplify Streams: topics, webhook subscriptions, OAuth client, snapshots and patches")
