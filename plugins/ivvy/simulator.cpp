// iVvy as the sandbox plays it (developer.ivvy.com): notifications over SNS with iVvy's own signature inside, entities, subscriptions.
#include <gatehouse/iso_time.hpp>

#include "message.hpp"
#include "simulator_api.hpp"

namespace ivvy::sim {

namespace {

using gatehouse::command_error;
using sns_sim::form;

const std::vector<sns_sim::tamper_info> k_tampers = {
    {"inner-altered", "Body is changed after iVvy signed it", "inner_signature_mismatch", true, false},
    {"inner-foreign-key", "another key made iVvy's signature", "inner_signature_mismatch", true, false},
    {"inner-account", "genuine, but of another account", "account_not_pinned", true, false},
    {"inner-key-path", "SigningPublicKeyPath leads to another account's folder", "key_path_refused", true, false},
    {"inner-region", "Region would become part of another host's name", "key_region_refused", true, false},
    {"inner-missing", "Message is no message of iVvy's", "inner_malformed", true, false},
    {"unknown-subject", "genuine, with a Subject that the documentation does not have: must be stored", "", true, false},
};

/// JSON with "/" as "\/", as iVvy writes it.
std::string escaped_slashes(const std::string& json) {
    std::string out;
    for (const char c : json) out += c == '/' ? "\\/" : std::string(1, c);
    return out;
}

class simulator {
public:
    simulator(simulator_host host, const json::document& settings)
        : host_(host),
          subscribed_(sns_sim::flag(settings["subscribe"], "subscribe", !host.fresh())),
          sns_(host, read_sns(settings, subscribed_)),
          model_(host, sns_sim::integer(settings["venue_id"], "venue_id", 1, 1'000'000'000, 9)),
          api_(host, read_api(host, settings), model_, sns_),
          key_path_("/accounts/" + api_.settings().account + "/" +
                    std::to_string(std::chrono::floor<std::chrono::seconds>(host.wall_now()).time_since_epoch().count()) +
                    "/notifcert.txt") {
        if (subscribed_) api_.subscribe_all(sns_sim::with_credentials(host.target_url(), sns_.settings()));
    }

    api_answer serve(const gatehouse::request& r) {
        if (auto answer = sns_.serve(r)) return std::move(*answer);
        if (r.path() == "/accountnotifications." + sns_.settings().region + ".ivvy.com" + key_path_ && r.method() == "GET") {
            ++key_reads_;
            return {200, {{"Content-Type", "text/plain"}}, key().public_pem()};
        }
        return api_.serve(r);
    }
    void sent(uint64_t token, const gatehouse::sent_outcome& o) { sns_.sent(token, o); }
    void woken(uint64_t token) { sns_.woken(token); }

    std::string command(std::string_view name, const json::document& arguments) {
        if (name == "send") return send(arguments.root());
        if (name == "state" || name == "list") return state();
        if (name == "disown") {
            sns_sim::only(arguments.root(), {});
            api_.disown();
            return "{}";
        }
        if (auto done = sns_.command(name, arguments.root())) return std::move(*done);
        throw command_error::unknown(name);
    }

    std::string describe() const {
        json::array types, commands;
        for (const std::string& s : all_subjects()) types.add(s);
        commands.add(json::object{{"name", "send"},
                                  {"about", "makes things happen and announces them"},
                                  {"arguments", json::object{{"type", "a Subject; others are sent as they are"},
                                                             {"count", "how many, up to 10000"},
                                                             {"tamper", "how to spoil them"}}}});
        commands.add(json::object{{"name", "disown"}, {"about", "as if another API key had subscribed"}, {"arguments", json::object()}});
        sns_sim::service::describe_commands(commands);
        json::object settings{{"account_id", api_.settings().account}, {"api_url", host_.base_url()},
                              {"api_key", "${secret:api_key}"},        {"api_secret", "${secret:api_secret}"},
                              {"signing_key_host", host_.base_url()},  {"venue_id", std::to_string(model_.venue())}};
        json::object secrets{{"api_key", api_.settings().key}, {"api_secret", api_.settings().secret}};
        sns_.describe_source(settings, secrets);
        json::object source{{"plugin", "ivvy"}, {"settings", settings}, {"fetch_back", json::object{{"mode", "required"}}}};
        if (!subscribed_) source.add("subscription", json::object{{"url", host_.target_url()}, {"reconcile", "auto"}});
        return json::object{{"types", types},
                            {"tampers", sns_.describe_tampers(k_tampers)},
                            {"commands", commands},
                            {"source", source},
                            {"secrets", secrets}}
            .text();
    }

private:
    static sns_sim::service_settings read_sns(const json::document& s, bool subscribed) {
        auto names = sns_sim::service_settings::names();
        names.insert(names.end(), {"subscribe", "account_id", "api_key", "api_secret", "venue_id", "error_status", "may_subscribe"});
        sns_sim::only(s.root(), names);
        auto out = sns_sim::service_settings::read(s, form::enveloped);
        if (out.delivery == form::raw) throw command_error::invalid("delivery: iVvy's is always enveloped");
        // The topics are told by the answer to the subscribe call.
        if (!subscribed) out.pinned = false;
        return out;
    }
    static api_settings read_api(const simulator_host& host, const json::document& s) {
        api_settings out;
        out.account = sns_sim::text(s["account_id"], "account_id", out.account);
        out.key = sns_sim::text(s["api_key"], "api_key");
        out.secret = sns_sim::text(s["api_secret"], "api_secret");
        if (out.key.empty()) out.key = sns_sim::hex(host, 32);
        if (out.secret.empty()) out.secret = sns_sim::hex(host, 32);
        out.status_of_errors = sns_sim::choice(s["error_status"], "error_status", {"code", "ok"}) == "code";
        out.may_subscribe = sns_sim::flag(s["may_subscribe"], "may_subscribe", true);
        return out;
    }

    const sns_sim::key_pair& key() {
        if (!key_) key_ = sns_sim::key_pair::rsa();
        return *key_;
    }

    std::string message(const std::string& subject, const sns_sim::send_arguments& given) {
        const std::string transaction = sns_sim::hex(host_, 32);
        const std::string region = given.spoiled("inner-region") ? "x.attacker.example/" : sns_.settings().region;
        const std::string account = api_.settings().account + (given.spoiled("inner-account") ? "0" : "");
        const int64_t at = std::chrono::floor<std::chrono::seconds>(host_.wall_now()).time_since_epoch().count();
        std::string body = model_.happen(subject);
        const std::string text =
            lower(transaction + ":" + region + ":" + std::to_string(at) + ":" + account + ":" + subject + ":" + hex_digest("SHA1", body));
        const std::string signature = (given.spoiled("inner-foreign-key") ? sns_sim::key_pair::rsa() : key()).sign(text, "SHA1");
        if (given.spoiled("inner-altered")) body.insert(body.size() - 1, ",\"added\":1");
        const std::string path = given.spoiled("inner-key-path") ? "/accounts/99/1/notifcert.txt" : key_path_;
        return escaped_slashes(json::object{
            {"TxnId", transaction},
            {"Region", region},
            {"Timestamp", at},
            {"AccountId", account},
            {"Subject", subject},
            {"Body", body},
            {"SourceType", 0},
            {"SourceInfo", nullptr},
            {"Signature", signature},
            {"SigningPublicKeyPath",
             path}}.text());
    }

    std::string send(json::value a) {
        const auto given = sns_sim::send_arguments::read(a, form::enveloped, {}, k_tampers);
        const std::string subject = given.spoiled("unknown-subject") ? "LoyaltyCardPrinted" : given.type;
        json::array messages;
        size_t sent = 0;
        for (int64_t n = 0; n < given.count; ++n) {
            const std::string text = given.spoiled("inner-missing") ? R"({"hello":"world"})" : message(subject, given);
            const std::string id = sns_.publish(api_.topic_of(kind_of(subject)), text, "", given.tamper);
            if (id.empty()) continue;
            messages.add(json::object{{"id", id}});
            ++sent;
        }
        json::object out{{"sent", sent}, {"messages", messages}};
        if (sent == 0) out.add("note", "nobody subscribes to the notifications of " + std::string(kind_of(subject)));
        return out.text();
    }

    std::string state() const {
        json::object calls;
        for (const auto& [what, count] : api_.calls()) calls.add(what, count);
        return json::object{{"records", model_.size()}, {"calls", calls}, {"key_reads", key_reads_}, {"sns", sns_.state()}}.text();
    }

    simulator_host host_;
    bool subscribed_;
    sns_sim::service sns_;
    model model_;
    api api_;
    std::string key_path_;
    std::optional<sns_sim::key_pair> key_;
    uint64_t key_reads_ = 0;
};

} // namespace

} // namespace ivvy::sim

GATEHOUSE_SIMULATOR(ivvy::sim::simulator, "ivvy", "1.0.0", "iVvy venues: doubly signed notifications over SNS, entities, subscriptions")
