// Basiq as the sandbox plays it: api.basiq.io/docs/webhooks and api.basiq.io/reference.
#include <gatehouse/encoding.hpp>

#include <algorithm>

#include "simulator_api.hpp"

namespace basiq::sim {

namespace {

using gatehouse::command_error;
using gatehouse::arguments::flag;
using gatehouse::arguments::integer;
using gatehouse::arguments::only;
using gatehouse::arguments::text;
constexpr int64_t k_most_at_once = 10'000;

std::vector<std::string> all_types() {
    std::vector<std::string> out;
    for (const type_info& t : event_types()) out.emplace_back(t.id);
    return out;
}

} // namespace

class simulator {
public:
    simulator(simulator_host host, const json::document& settings)
        : host_(host),
          settings_(read(host, settings)),
          model_(host, static_cast<size_t>(integer(settings["users"], "users", 0, 1000, 2))),
          notifier_(host, text(settings["layout"], "layout") == "printed"),
          api_(host, settings_, model_, notifier_) {
        if (flag(settings["subscribe"], "subscribe", !host.fresh()))
            notifier_.add(std::string(host.target_url()), all_types(), make_secret(host, settings_.secret_style), host.now());
    }

    api_answer serve(const gatehouse::request& r) { return api_.serve(r); }
    void sent(uint64_t token, const gatehouse::sent_outcome& o) { notifier_.sent(token, o); }
    void woken(uint64_t token) { notifier_.woken(token); }

    std::string command(std::string_view name, const json::document& arguments) {
        if (name == "send") return send(arguments.root());
        if (name == "raw") return raw(arguments.root());
        if (name == "list" || name == "state") return state();
        if (name == "subscribe") return subscribe(arguments.root());
        if (name == "unsubscribe") return unsubscribe(arguments.root());
        if (name == "fail") return fail(arguments.root());
        if (name == "expire-tokens") {
            api_.expire_tokens();
            return "{}";
        }
        if (name == "account") {
            only(arguments.root(), {"disabled"});
            api_.disable_account(flag(arguments["disabled"], "disabled", true));
            return "{}";
        }
        throw command_error::unknown(name);
    }

    std::string describe() const {
        json::array types, spoils, commands;
        for (const type_info& t : event_types()) types.add(t.id);
        for (const tamper_info& t : tampers()) spoils.add(json::object{{"name", t.name}, {"about", t.about}, {"refused", t.forged}});
        const auto command = [&](std::string_view name, std::string_view about, const json::object& arguments) {
            commands.add(json::object{{"name", name}, {"about", about}, {"arguments", arguments}});
        };
        command("send", "makes events happen and sends their notifications",
                {{"type", "an event type; others are sent as they are"},
                 {"count", "how many, up to 10000"},
                 {"tamper", "how to spoil them"},
                 {"user", "id of the user; else one after the other"},
                 {"transactions", "how many a transactions.updated brings"}});
        command("raw", "sends a body of your own, once",
                {{"body", "sent byte for byte"},
                 {"url", "else the gateway's"},
                 {"secret", "else the first webhook's; \"\" signs nothing"},
                 {"id", "webhook-id"},
                 {"timestamp", "webhook-timestamp"}});
        command("state", "users, webhooks and counts", {});
        command("subscribe", "creates a webhook", {{"url", "else the gateway's"}, {"events", "list of types; else all"}});
        command("unsubscribe", "deletes a webhook", {{"id", "of the webhook"}});
        command(
            "fail", "makes the API answer with an error, as documented",
            {{"status", "401, 403, 404, 429, 500 or 503"}, {"count", "how many requests"}, {"path", "only those whose path begins so"}});
        command("expire-tokens", "forgets all access tokens", {});
        command("account", "disables or enables the account", {{"disabled", "true or false"}});

        json::object settings{{"api_url", host_.base_url()}, {"api_key", "${secret:api_key}"}};
        json::object secrets{{"api_key", settings_.api_key}};
        if (const webhook* w = first()) {
            settings.add("secret", "${secret:secret}");
            secrets.add("secret", w->secret);
        }
        json::object source{{"plugin", "basiq"}, {"settings", settings}, {"fetch_back", json::object{{"mode", "required"}}}};
        if (!first()) source.add("subscription", json::object{{"url", host_.target_url()}, {"events", types}, {"reconcile", "auto"}});
        return json::object{{"types", types}, {"tampers", spoils}, {"commands", commands}, {"source", source}, {"secrets", secrets}}.text();
    }

private:
    static api_settings read(const simulator_host& host, const json::document& s) {
        only(s.root(), {"api_key", "secret_style", "shapes", "token_life", "cool_off", "users", "layout", "subscribe"});
        api_settings out;
        out.api_key = text(s["api_key"], "api_key");
        // Issued as base64 of two ids joined by a colon.
        if (out.api_key.empty()) out.api_key = gatehouse::to_base64(uuid(host) + ":" + uuid(host));
        out.secret_style = text(s["secret_style"], "secret_style", "documented");
        if (out.secret_style != "documented" && out.secret_style != "short" && out.secret_style != "standard")
            throw command_error::invalid("secret_style: give documented, short or standard");
        const std::string shapes = text(s["shapes"], "shapes", "schema"), layout = text(s["layout"], "layout", "compact");
        if (shapes != "schema" && shapes != "samples") throw command_error::invalid("shapes: give schema or samples");
        if (layout != "compact" && layout != "printed") throw command_error::invalid("layout: give compact or printed");
        out.sample_shapes = shapes == "samples";
        out.token_life = std::chrono::seconds(integer(s["token_life"], "token_life", 1, 86'400, 3600));
        out.cool_off = std::chrono::seconds(integer(s["cool_off"], "cool_off", 0, 900, 0));
        return out;
    }

    const webhook* first() const {
        const auto& all = const_cast<notifier&>(notifier_).webhooks();
        return all.empty() ? nullptr : &all.front();
    }

    std::string send(json::value a) {
        only(a, {"type", "count", "tamper", "user", "transactions"});
        std::string type = text(a["type"], "type");
        const tamper_info* tamper = nullptr;
        if (const std::string name = text(a["tamper"], "tamper"); !name.empty()) {
            tamper = find_tamper(name);
            if (!tamper) throw command_error::invalid("tamper: there is no \"" + gatehouse::printable(name) + "\"");
            if (name == "unknown-type") type = "payout.created";
        }
        if (type.empty() || type.size() > 200) throw command_error::invalid("type: give an event type, such as user.created");
        const auto transactions = static_cast<size_t>(integer(a["transactions"], "transactions", 1, 10'000, 3));
        json::array messages, events;
        size_t sent = 0;
        for (int64_t n = integer(a["count"], "count", 1, k_most_at_once, 1); n > 0; --n) {
            const event& e = model_.happen(type, text(a["user"], "user"), transactions);
            events.add(json::object{{"id", e.id}});
            for (const std::string& id : notifier_.announce(e, type, tamper)) {
                messages.add(json::object{{"id", id}, {"eventId", e.announced}});
                ++sent;
            }
        }
        json::object out{{"sent", sent}, {"messages", messages}, {"events", events}};
        if (sent == 0) out.add("note", "no active webhook is subscribed to this type, or its cool-off has not ended");
        return out.text();
    }

    std::string raw(json::value a) {
        only(a, {"body", "url", "secret", "id", "timestamp"});
        const webhook* w = first();
        notifier_.send_raw(text(a["url"], "url", w ? w->url : host_.target_url()), text(a["body"], "body"),
                           text(a["secret"], "secret", w ? w->secret : ""), text(a["id"], "id"), text(a["timestamp"], "timestamp"));
        return R"({"sent":1})";
    }

    std::string subscribe(json::value a) {
        only(a, {"url", "events"});
        std::vector<std::string> events;
        for (const json::value e : a["events"].elements()) events.emplace_back(e.text());
        const auto valid = [](const std::string& e) { return is_event_type(e); };
        if (!std::all_of(events.begin(), events.end(), valid)) throw command_error::invalid("events: give a list of event types");
        if (events.empty()) events = all_types();
        const webhook& w =
            notifier_.add(text(a["url"], "url", host_.target_url()), events, make_secret(host_, settings_.secret_style), host_.now());
        return json::object{{"id", w.id}, {"url", w.url}, {"secret", w.secret}}.text();
    }

    std::string unsubscribe(json::value a) {
        only(a, {"id"});
        if (!notifier_.remove(text(a["id"], "id"))) throw command_error::invalid("id: there is no webhook of this id");
        return "{}";
    }

    std::string fail(json::value a) {
        only(a, {"status", "count", "path"});
        const auto status = static_cast<int>(integer(a["status"], "status", 400, 599, 500));
        static constexpr int known[] = {401, 403, 404, 429, 500, 503};
        if (std::find(std::begin(known), std::end(known), status) == std::end(known))
            throw command_error::invalid("status: give 401, 403, 404, 429, 500 or 503");
        api_.fail_next(status, static_cast<size_t>(integer(a["count"], "count", 1, 1'000'000, 1)), text(a["path"], "path", "/"));
        return "{}";
    }

    std::string state() {
        json::array users, webhooks;
        for (const auto& u : model_.users())
            if (!u->deleted && users_shown(users))
                users.add(json::object{{"id", u->id}, {"name", u->name}, {"transactions", u->transactions.size()}});
        for (const webhook& w : notifier_.webhooks()) {
            json::array events;
            for (const std::string& e : w.events) events.add(e);
            webhooks.add(json::object{{"id", w.id}, {"url", w.url}, {"status", w.status}, {"secret", w.secret}, {"events", events}});
        }
        return json::object{
            {"users", users},
            {"webhooks", webhooks},
            {"events", model_.events().size()},
            {"messages",
             json::object{{"pending", notifier_.pending()}, {"succeeded", notifier_.succeeded()}, {"failed", notifier_.failed()}}},
            {"tokens", api_.tokens()},
            {"api_key", settings_.api_key},
            {"now", date(host_.now())}}
            .text();
    }
    static bool users_shown(const json::array& so_far) { return so_far.text().size() < 64'000; }

    simulator_host host_;
    api_settings settings_;
    model model_;
    notifier notifier_;
    api api_;
};

} // namespace basiq::sim

GATEHOUSE_SIMULATOR(basiq::sim::simulator, "basiq", "1.0.0",
                    "Basiq open banking: signed notifications, events and entities, webhook management")
