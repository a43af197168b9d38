// The plugin and its simulator, each one's requests answered by the other, without a network and in the simulator's time.
#pragma once

#include "tests/plugins/simulator_bench.hpp"
#include "tests/plugins/twin_support.hpp"

namespace twin_test {

struct Loop {
    explicit Loop(const nlohmann::json& simulator = nlohmann::json::object(), const nlohmann::json& changes = nlohmann::json::object(),
                  const std::function<void(fake::Host&)>& prepare = {})
        : bench(TWIN_SIMULATOR, simulator.dump(), "http://127.0.0.1:1" + k_secret_path) {
        BOOST_REQUIRE_MESSAGE(bench.opened(), bench.reason());
        described = nlohmann::json::parse(bench.describe());
        std::string text = described["source"]["settings"].dump();
        for (const auto& [name, value] : described["secrets"].items()) {
            const std::string mark = "${secret:" + name + "}";
            if (const size_t at = text.find(mark); at != std::string::npos) text.replace(at, mark.size(), value.get<std::string>());
        }
        auto with = nlohmann::json::parse(text);
        with.merge_patch(changes);
        source = std::make_unique<Opened>(with.dump(), k_secret_path, prepare);
        BOOST_REQUIRE_MESSAGE(source->open(), source->host.reason);
        tick();
    }
    /// Both on the simulator's clock.
    void tick(gh::Millis d = gh::Millis{0}) {
        bench.advance(d);
        source->host.now = gh::to_unix_ms(bench.time());
    }

    /// Runs a job to its end as the host does: state is committed, requests go to the simulator with the secrets they name.
    void run(fake::Job& job) {
        BOOST_REQUIRE(job.start() == GATEHOUSE_OK);
        for (int steps = 0; !job.ended(); ++steps) {
            BOOST_REQUIRE(steps < 20);
            if (job.asked == "put_state") {
                source->commit(job);
                job.written();
                continue;
            }
            std::vector<fake::Reply> replies;
            for (const auto& ask : job.requests) replies.push_back(serve(ask));
            job.reply(replies, job.asked == "http" ? GATEHOUSE_INPUT_HTTP : GATEHOUSE_INPUT_HTTP_ALL);
        }
        if (job.result >= 0) source->commit(job);
    }
    std::unique_ptr<fake::Job> operation(const std::string& name, const nlohmann::json& arguments = nlohmann::json::object()) {
        auto job = source->operation(name, arguments.dump());
        BOOST_REQUIRE(job);
        run(*job);
        return job;
    }
    /// The oldest message that the simulator sent: judged, and answered to it.
    fake::Answer receive() {
        const auto sent = bench.reply(200);
        body = sent.body;
        return source->judge(body);
    }
    /// Received, made an event of, and its fetch-back run.
    std::unique_ptr<fake::Job> fetched() {
        const fake::Answer a = receive();
        BOOST_REQUIRE_MESSAGE(a.kind == "accept", a.code + ": " + a.hint + " " + source->host.reason);
        fake::Request r = post(body);
        const fake::Answer e = source->handle(r, a);
        type = e.type;
        auto job = source->fetch(r, e.type, e.subject);
        BOOST_REQUIRE(job);
        run(*job);
        return job;
    }
    nlohmann::json command(const std::string& name, const nlohmann::json& arguments = nlohmann::json::object()) {
        return nlohmann::json::parse(bench.command(name, arguments.dump()));
    }
    std::string state() {
        const auto job = operation("subscriptions");
        const auto all = nlohmann::json::parse(job->body);
        return all.empty() ? "" : all[0]["state"].get<std::string>();
    }

    gh::test::SimulatorBench bench;
    nlohmann::json described;
    std::unique_ptr<Opened> source;
    std::string body, type;

private:
    fake::Reply serve(const fake::Ask& ask) {
        const std::string base = "http://127.0.0.1:4011";
        BOOST_REQUIRE_MESSAGE(ask.url.starts_with(base), ask.url);
        std::vector<gh::http::Field> fields;
        for (const auto& h : ask.headers) {
            std::string value = h.value;
            if (!h.secret.empty()) value += source->host.secrets.at(h.secret).at(0);
            fields.push_back({h.name, value});
        }
        const auto a = bench.call(ask.method, ask.url.substr(base.size()), fields, ask.body);
        fake::Reply r;
        r.status = a.status;
        r.body = a.body;
        return r;
    }
};

} // namespace twin_test
