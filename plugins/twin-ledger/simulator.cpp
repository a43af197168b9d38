// Trusted Twin as the sandbox plays it: https://trustedtwin.com/docs/reference/. Where its pages are silent or disagree, a setting chooses;
// what it sends is made from field tables, since no message of the provider is published.

#include <algorithm>

#include "message.hpp"
#include "simulator_webhooks.hpp"

namespace twin_ledger::sim {

namespace {

using gatehouse::command_error;
using gatehouse::arguments::flag;
using gatehouse::arguments::integer;
using gatehouse::arguments::only;
using gatehouse::arguments::text;
constexpr int64_t k_most_at_once = 10'000;
constexpr std::string_view k_types[] = {"ledger.entry.updated", "ledger.entry.added", "ledger.entry.deleted",
                                        "sticker.put",          "sticker.removed",    "sticker.expired"};

const tamper_info* tamper_of(json::value a) {
    const std::string name = text(a["tamper"], "tamper");
    const tamper_info* found = name.empty() ? nullptr : find_tamper(name);
    if (!name.empty() && !found) throw command_error::invalid("tamper: there is no \"" + gatehouse::printable(name) + "\"");
    return found;
}

webhook_settings settings_from(json::value s) {
    webhook_settings out;
    if (s["hash"]) out.hash = hash_form(s["hash"]);
    out.spaced = text(s["layout"], "layout", "compact") == "spaced";
    out.flat = text(s["confirm_shape"], "confirm_shape", "nested") == "flat";
    out.confirm_status = static_cast<int>(integer(s["confirm_status"], "confirm_status", 200, 201, 200));
    out.confirmation_type = text(s["confirmation_type"], "confirmation_type", "Confirmation");
    return out;
}

} // namespace

class simulator {
public:
    simulator(simulator_host host, const json::document& s)
        : host_(host),
          model_(host, static_cast<size_t>(integer(s["twins"], "twins", 0, 1000, 3))),
          webhooks_(host, settings_from(s.root()), model_.account()) {
        only(s.root(), {"topic", "user_secret", "client_secret", "twins", "subscribe", "hash", "layout", "confirm_shape", "confirm_status",
                        "confirmation_type"});
        topic_ = text(s["topic"], "topic", "line-4");
        user_secret_ = text(s["user_secret"], "user_secret");
        if (user_secret_.empty()) user_secret_ = letters(host, 64);
        client_secret_ = s["client_secret"] ? text(s["client_secret"], "client_secret") : letters(host, 16);
        if (flag(s["subscribe"], "subscribe", !host.fresh()))
            webhooks_.add(std::string(host.target_url()), topic_, client_secret_, std::chrono::hours(24 * 7), true);
    }

    api_answer serve(const gatehouse::request& r) {
        if (fail_count_ > 0 && r.path().rfind(fail_path_, 0) == 0) {
            --fail_count_;
            return error(host_, fail_status_, fail_status_ * 1000 + 1, "as the sandbox was told");
        }
        // No scheme word: docs, account-and-access/authentication.
        const bool authorized = r.count("Authorization") == 1 && r.header("Authorization") == std::string_view(user_secret_);
        if (r.path().rfind("/notifications/webhooks", 0) == 0) return webhooks_.serve(r, authorized);
        if (!authorized) return error(host_, 401, 401'001, "the User Secret is missing or unknown");
        if (r.method() != "GET") return error(host_, 404, 404'001, "no such resource");
        return read(host_, model_, r);
    }
    void sent(uint64_t, const gatehouse::sent_outcome& o) { webhooks_.sent(o); }
    void woken(uint64_t) {}

    std::string command(std::string_view name, const json::document& arguments) {
        const json::value a = arguments.root();
        if (name == "send") return send(a);
        if (name == "confirm") return confirm(a);
        if (name == "move") {
            only(a, {"topic", "url"});
            newest(a).callback_url = text(a["url"], "url");
            return "{}";
        }
        if (name == "state") return state();
        if (name == "fail") {
            only(a, {"status", "count", "path"});
            fail_status_ = static_cast<int>(integer(a["status"], "status", 400, 599, 500));
            fail_count_ = integer(a["count"], "count", 0, 1'000'000, 1);
            fail_path_ = text(a["path"], "path", "/");
            return "{}";
        }
        if (name == "remove-twin") {
            only(a, {"twin"});
            const std::string id = text(a["twin"], "twin");
            if (std::erase_if(model_.twins(), [&](const twin& t) { return t.id == id; }) == 0)
                throw command_error::invalid("twin: there is no twin of this id");
            return "{}";
        }
        throw command_error::unknown(name);
    }

    std::string describe() const {
        json::array types, spoils, commands;
        for (const auto t : k_types) types.add(t);
        for (const tamper_info& t : tampers())
            spoils.add(json::object{{"name", t.name}, {"about", t.about}, {"refused", t.forged()}, {"reason", t.reason}});
        const auto command = [&](std::string_view name, std::string_view about, const json::object& arguments) {
            commands.add(json::object{{"name", name}, {"about", about}, {"arguments", arguments}});
        };
        command("send", "changes a twin and sends the notification",
                {{"type", "a trigger, in any spelling"},
                 {"count", "how many, up to 10000"},
                 {"tamper", "how to spoil them"},
                 {"twin", "its id; else one after the other"},
                 {"entries", "how many change in one message"},
                 {"topic", "else the account's"}});
        command("confirm", "sends the confirmation message of the newest subscription again",
                {{"topic", "else the account's"}, {"tamper", "how to spoil it"}});
        command("move", "sends the messages of the newest subscription elsewhere from now on",
                {{"topic", "else the account's"}, {"url", "where to"}});
        command("state", "account, twins, subscriptions and counts", {});
        command("fail", "makes the API answer with an error",
                {{"status", "400 to 599"}, {"count", "how many requests"}, {"path", "those that begin so"}});
        command("remove-twin", "takes a twin away", {{"twin", "its id"}});
        return json::object{{"types", types}, {"tampers", spoils}, {"commands", commands}, {"source", source()}, {"secrets", secrets()}}
            .text();
    }

private:
    json::object source() const {
        const hash_form& f = webhooks_.settings().hash;
        json::array order;
        for (const auto& member : f.order) order.add(member);
        json::object settings{{"api_url", host_.base_url()},
                              {"topics", json::array({topic_})},
                              {"account", model_.account()},
                              {"user_secret", "${secret:user_secret}"}};
        if (!client_secret_.empty()) {
            settings.add("client_secret", "${secret:client_secret}");
            if (first()) settings.add("server_secret", "${secret:server_secret}");
            settings.add("hash", json::object{{"order", order},
                                              {"strings", k_string_forms[static_cast<size_t>(f.strings)]},
                                              {"numbers", k_number_forms[static_cast<size_t>(f.numbers)]},
                                              {"dictionaries", k_dictionary_forms[static_cast<size_t>(f.dictionaries)]},
                                              {"digest", k_digest_forms[static_cast<size_t>(f.digest)]}});
        }
        json::object block{{"url", host_.target_url()}, {"topic", topic_}};
        if (!first()) block.add("reconcile", "auto");
        return {
            {"plugin", "twin-ledger"}, {"settings", settings}, {"fetch_back", json::object{{"mode", "required"}}}, {"subscription", block}};
    }
    json::object secrets() const {
        json::object out{{"user_secret", user_secret_}};
        if (!client_secret_.empty()) out.add("client_secret", client_secret_);
        if (const webhook* w = first(); w && !client_secret_.empty()) out.add("server_secret", w->server_secret);
        return out;
    }
    const webhook* first() const {
        const auto& all = const_cast<webhooks&>(webhooks_).all();
        return all.empty() ? nullptr : &all.front();
    }

    std::string send(json::value a) {
        only(a, {"type", "count", "tamper", "twin", "entries", "topic"});
        const std::string type = text(a["type"], "type");
        if (type.empty() || type.size() > 100) throw command_error::invalid("type: give a trigger, such as ledger.entry.updated");
        const tamper_info* tamper = tamper_of(a);
        json::array messages;
        size_t sent = 0;
        for (int64_t n = integer(a["count"], "count", 1, k_most_at_once, 1); n > 0; --n) {
            const change c = model_.happen(type, text(a["twin"], "twin"), static_cast<size_t>(integer(a["entries"], "entries", 1, 100, 2)));
            for (const std::string& id : webhooks_.announce(c, text(a["topic"], "topic", topic_), tamper)) {
                messages.add(json::object{{"id", id}, {"twin", c.twin}, {"event", json::raw(c.event)}});
                ++sent;
            }
        }
        json::object out{{"sent", sent}, {"messages", messages}};
        if (sent == 0) out.add("note", "no confirmed subscription of this topic that has not lapsed");
        return out.text();
    }

    std::string confirm(json::value a) {
        only(a, {"topic", "tamper"});
        webhooks_.send_confirmation(newest(a), tamper_of(a));
        return R"({"sent":1})";
    }
    webhook& newest(json::value a) {
        const std::string topic = text(a["topic"], "topic", topic_);
        auto& all = webhooks_.all();
        const auto found = std::find_if(all.rbegin(), all.rend(), [&](const webhook& w) { return w.topic == topic; });
        if (found == all.rend()) throw command_error::invalid("topic: there is no subscription of it");
        return *found;
    }

    std::string state() {
        json::array twins, subscriptions;
        for (const twin& t : model_.twins())
            twins.add(json::object{{"id", t.id}, {"ledger", t.ledger}, {"entries", t.entries.size()}, {"stickers", t.stickers.size()}});
        for (const webhook& w : webhooks_.all())
            subscriptions.add(json::object{{"topic", w.topic},
                                           {"callback_url", w.callback_url},
                                           {"confirmed", w.confirmed},
                                           {"hashed", !w.client_secret.empty()},
                                           {"validity_ts", json::raw(ts_text(w.validity))}});
        return json::object{
            {"account", model_.account()},
            {"twins", twins},
            {"subscriptions", subscriptions},
            {"messages",
             json::object{{"under_way", webhooks_.under_way()}, {"succeeded", webhooks_.succeeded()}, {"failed", webhooks_.failed()}}}}
            .text();
    }

    simulator_host host_;
    model model_;
    webhooks webhooks_;
    std::string topic_, user_secret_, client_secret_, fail_path_ = "/";
    int fail_status_ = 500;
    int64_t fail_count_ = 0;
};

} // namespace twin_ledger::sim

GATEHOUSE_SIMULATOR(twin_ledger::sim::simulator, "twin-ledger", "1.0.0",
                    "Trusted Twin: ledgers and stickers of twins, hashed notifications, confirmation and refresh")
