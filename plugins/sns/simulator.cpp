// Any topic of Amazon SNS as the sandbox plays it: a shop that tells of its orders.
#include "sns/simulation/service.hpp"

namespace {

using namespace sns_sim;

constexpr std::string_view k_types[] = {"order.created", "order.paid", "order.shipped", "order.cancelled"};

class simulator {
public:
    simulator(simulator_host host, const json::document& settings) : host_(host), sns_(host, read(host, settings)) {
        const topic& orders = sns_.create_topic("orders");
        if (flag(settings["subscribe"], "subscribe", true)) sns_.subscribe(orders, endpoint_url());
    }

    api_answer serve(const gatehouse::request& r) {
        if (auto answer = sns_.serve(r)) return std::move(*answer);
        return {404, {{"Content-Type", "text/plain"}}, "not found"};
    }
    void sent(uint64_t token, const gatehouse::sent_outcome& o) { sns_.sent(token, o); }
    void woken(uint64_t token) { sns_.woken(token); }

    std::string command(std::string_view name, const json::document& arguments) {
        if (name == "send") return send(arguments.root());
        if (name == "state" || name == "list") return sns_.state().text();
        if (auto done = sns_.command(name, arguments.root())) return std::move(*done);
        throw command_error::unknown(name);
    }

    std::string describe() const {
        json::array types, commands;
        for (const std::string_view t : k_types) types.add(t);
        commands.add(json::object{{"name", "send"},
                                  {"about", "publishes notifications of the type"},
                                  {"arguments", json::object{{"type", "an event type; others are sent as they are"},
                                                             {"count", "how many, up to 10000"},
                                                             {"tamper", "how to spoil them"},
                                                             {"order", "number of the order; else a new one each"}}}});
        service::describe_commands(commands);
        json::object settings{{"type_pointer", "/type"}, {"subject_pointer", "/order"}}, secrets;
        settings.add("delivery", sns_.settings().delivery == form::raw ? "raw" : "enveloped");
        sns_.describe_source(settings, secrets);
        const json::object source{{"plugin", "sns"}, {"settings", settings}, {"fetch_back", json::object{{"mode", "required"}}}};
        return json::object{{"types", types},       {"tampers", sns_.describe_tampers()},
                            {"commands", commands}, {"source", source},
                            {"secrets", secrets},   {"documents", false}}
            .text();
    }

private:
    static service_settings read(const simulator_host& host, const json::document& s) {
        auto names = service_settings::names();
        names.push_back("subscribe");
        only(s.root(), names);
        service_settings out = service_settings::read(s, form::enveloped);
        if (!out.user.empty() && out.password.empty()) out.password = hex(host, 24);
        return out;
    }
    std::string endpoint_url() const { return with_credentials(host_.target_url(), sns_.settings()); }

    std::string send(json::value a) {
        const auto given = send_arguments::read(a, sns_.settings().delivery, {"order"});
        const int64_t order = integer(a["order"], "order", 1, 1'000'000'000, 0);
        json::array messages;
        size_t sent = 0;
        for (int64_t n = 0; n < given.count; ++n) {
            const json::object message{
                {"type", given.type}, {"order", "A-" + std::to_string(order ? order : ++orders_)}, {"note", "Caf\u00e9 \U0001F600"}};
            const std::string id = sns_.publish(sns_.topics().front().arn, message.text(), "", given.tamper);
            if (id.empty()) continue;
            messages.add(json::object{{"id", id}});
            ++sent;
        }
        json::object out{{"sent", sent}, {"messages", messages}};
        if (sent == 0) out.add("note", "nobody subscribes to the topic");
        return out.text();
    }

    simulator_host host_;
    service sns_;
    int64_t orders_ = 1000;
};

} // namespace

GATEHOUSE_SIMULATOR(simulator, "sns", "1.0.0", "Amazon SNS: signed messages of a topic, handshake, retries")
