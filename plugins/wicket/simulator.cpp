// Wicket as the sandbox plays it (docs.tisagroup.ch/wicket): raw notifications over SNS, users, the back-end API.
#include <gatehouse/iso_time.hpp>

#include "simulator_api.hpp"
#include "sns/simulation/service.hpp"

namespace wicket::sim {

namespace {

using namespace std::chrono_literals;
using gatehouse::command_error;
using sns_sim::form;

const std::vector<sns_sim::tamper_info> k_tampers = {
    {"stale-date", "date_time is three days old", "date_too_old", false, true},
    {"future-date", "date_time lies three days ahead", "date_in_future", false, true},
    {"extra-member", "the body has a fourth member", "body_malformed", false, true},
    {"malformed-user", "application_user_sub is no hexadecimal number", "body_malformed", false, true},
};

class simulator {
public:
    simulator(simulator_host host, const json::document& settings)
        : host_(host),
          sns_(host, read(host, settings)),
          api_(host, secret(host, settings, "api_key"), sns_sim::text(settings["application_id"], "application_id", "serwis-www"),
               static_cast<size_t>(sns_sim::integer(settings["users"], "users", 1, 10'000, 3))) {
        const sns_sim::topic& changes = sns_.create_topic("wicket-user-data");
        if (sns_sim::flag(settings["subscribe"], "subscribe", true))
            sns_.subscribe(changes, sns_sim::with_credentials(host.target_url(), sns_.settings()));
    }

    api_answer serve(const gatehouse::request& r) {
        if (auto answer = sns_.serve(r)) return std::move(*answer);
        return api_.serve(r);
    }
    void sent(uint64_t token, const gatehouse::sent_outcome& o) { sns_.sent(token, o); }
    void woken(uint64_t token) { sns_.woken(token); }

    std::string command(std::string_view name, const json::document& arguments) {
        if (name == "send") return send(arguments.root());
        if (name == "state" || name == "list") return state();
        if (name == "delete-user") {
            sns_sim::only(arguments.root(), {"user"});
            user* u = api_.find(sns_sim::text(arguments["user"], "user"));
            if (!u) throw command_error::invalid("user: there is none of this application_user_sub");
            u->deleted = true;
            return "{}";
        }
        if (auto done = sns_.command(name, arguments.root())) return std::move(*done);
        throw command_error::unknown(name);
    }

    std::string describe() const {
        json::array commands;
        commands.add(json::object{{"name", "send"},
                                  {"about", "changes users and announces it"},
                                  {"arguments", json::object{{"type", "data_update; others are sent as they are"},
                                                             {"count", "how many, up to 10000"},
                                                             {"tamper", "how to spoil them"},
                                                             {"user", "application_user_sub; else one after the other"}}}});
        commands.add(json::object{{"name", "delete-user"},
                                  {"about", "the API does not know the user any more"},
                                  {"arguments", json::object{{"user", "application_user_sub"}}}});
        sns_sim::service::describe_commands(commands);
        json::object settings{{"delivery", sns_.settings().delivery == form::raw ? "raw" : "enveloped"},
                              {"api_url", std::string(host_.base_url()) + "/b2b"},
                              {"api_key", "${secret:api_key}"},
                              {"application_id", api_.application()}};
        json::object secrets{{"api_key", api_.key()}};
        sns_.describe_source(settings, secrets);
        const json::object source{
            {"plugin", "wicket"}, {"settings", settings}, {"fetch_back", json::object{{"mode", "required"}, {"coalesce", "1s"}}}};
        return json::object{{"types", json::array{"data_update"}},
                            {"tampers", sns_.describe_tampers(k_tampers)},
                            {"commands", commands},
                            {"source", source},
                            {"secrets", secrets}}
            .text();
    }

private:
    static std::string secret(const simulator_host& host, const json::document& s, const char* name) {
        const std::string given = sns_sim::text(s[name], name);
        return given.empty() ? sns_sim::hex(host, 40) : given;
    }
    static sns_sim::service_settings read(const simulator_host& host, const json::document& s) {
        auto names = sns_sim::service_settings::names();
        names.insert(names.end(), {"subscribe", "users", "api_key", "application_id"});
        sns_sim::only(s.root(), names);
        // Nothing signs a raw message: the credentials are what the receiver knows the sender by.
        auto out = sns_sim::service_settings::read(s, form::raw, "wicket");
        if (!out.user.empty() && out.password.empty()) out.password = sns_sim::hex(host, 24);
        return out;
    }

    /// date_time has microseconds and no zone; the simulator's is UTC.
    std::string message(const user& u, const sns_sim::send_arguments& given) const {
        auto at = host_.wall_now();
        if (given.spoiled("stale-date")) at -= 72h;
        if (given.spoiled("future-date")) at += 72h;
        std::string date = gatehouse::utc_text(at);
        date.replace(date.size() - 1, 1, "000");
        json::object out{{"application_user_sub", given.spoiled("malformed-user") ? "nobody" : u.sub},
                         {"date_time", date},
                         {"operation_type", given.type}};
        if (given.spoiled("extra-member")) out.add("Type", "Notification");
        return out.text();
    }

    std::string send(json::value a) {
        const auto given = sns_sim::send_arguments::read(a, sns_.settings().delivery, {"user"}, k_tampers);
        const std::string who = sns_sim::text(a["user"], "user");
        json::array messages;
        size_t sent = 0;
        for (int64_t n = 0; n < given.count; ++n) {
            const user* u = api_.change(who);
            if (!u) throw command_error::invalid("user: there is none of this application_user_sub");
            const std::string id = sns_.publish(sns_.topics().front().arn, message(*u, given), "", given.tamper);
            if (id.empty()) continue;
            messages.add(json::object{{"id", id}, {"user", u->sub}});
            ++sent;
        }
        json::object out{{"sent", sent}, {"messages", messages}};
        if (sent == 0) out.add("note", "nobody subscribes to the topic");
        return out.text();
    }

    std::string state() const {
        json::array users;
        for (size_t i = 0; i < api_.users().size() && i < 100; ++i) {
            const user& u = api_.users()[i];
            users.add(json::object{
                {"application_user_sub", u.sub}, {"email", u.email}, {"revision", u.revision}, {"reads", u.reads}, {"deleted", u.deleted}});
        }
        return json::object{{"users", users}, {"reads", api_.reads()}, {"sns", sns_.state()}, {"api_key", api_.key()}}.text();
    }

    simulator_host host_;
    sns_sim::service sns_;
    api api_;
};

} // namespace

} // namespace wicket::sim

GATEHOUSE_SIMULATOR(wicket::sim::simulator, "wicket", "1.0.0", "Wicket fan accounts: raw notifications over SNS, user data")
