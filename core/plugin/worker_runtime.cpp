#include "core/plugin/worker_runtime.hpp"

#include <array>
#include <cstring>
#include <unistd.h>

namespace gh::plugin {

namespace {
thread_local WorkerTurn* t_turn = nullptr;
constexpr size_t k_most_known = 4096; // keys; beyond that the cache begins anew
} // namespace

WorkerTurn::WorkerTurn(Lane& lane, Time now, uint64_t state_version) : lane_(lane), now_(now), state_version_(state_version) {
    t_turn = this;
}
WorkerTurn::~WorkerTurn() {
    t_turn = nullptr;
}

WorkerTurn* WorkerTurn::current() {
    return t_turn;
}

void WorkerTurn::tell(const wire::Writer& message) {
    if (lane_.send(message.bytes()) != Lane::Outcome::done) ::_exit(0);
}

std::string WorkerTurn::ask(const wire::Writer& message, wire::Kind kind) {
    tell(message);
    std::string answer; // aside: the plugin still has views of the message with its call
    if (lane_.receive_aside(answer) != Lane::Outcome::done || answer.empty() || static_cast<wire::Kind>(answer[0]) != kind) ::_exit(0);
    return answer;
}

Time TurnClock::now() const {
    return t_turn ? t_turn->now() : SystemClock().now();
}

std::shared_ptr<const std::string> TurnState::get(std::string_view key) const {
    if (!t_turn) return nullptr;
    {
        const std::lock_guard lock(mutex_);
        const auto found = known_.find(key);
        if (found != known_.end() && found->second.version >= t_turn->state_version()) return found->second.value;
    }
    wire::Writer question(wire::Kind::state);
    question.text(key);
    const auto answer = t_turn->ask(question, wire::Kind::state);
    wire::Reader in(answer);
    in.u8();
    Known known{in.u64(), nullptr};
    const bool there = in.u8() != 0;
    const auto value = in.text();
    if (there) known.value = std::make_shared<const std::string>(value);
    const std::lock_guard lock(mutex_);
    if (known_.size() >= k_most_known) known_.clear();
    return known_.insert_or_assign(std::string(key), std::move(known)).first->second.value;
}

Secrets turn_secrets(wire::Reader& in) {
    Secrets secrets;
    for (size_t i = 0, n = in.count(100'000, 8); i < n; ++i) {
        const auto name = in.text();
        const auto count = in.u32();
        secrets.add_later(name, count, [](const std::string& wanted) {
            std::vector<Secret> values;
            if (!t_turn) return values;
            wire::Writer question(wire::Kind::secret);
            question.text(wanted);
            auto answer = t_turn->ask(question, wire::Kind::secret);
            wire::Reader reader(answer);
            reader.u8();
            for (size_t k = 0, m = reader.count(100'000, 4); k < m; ++k) values.emplace_back(reader.text());
            ::explicit_bzero(answer.data(), answer.size());
            return values;
        });
    }
    return secrets;
}

std::string WorkerSource::open(wire::Reader& in) {
    const auto name = in.text(), path = in.text(), json = in.text();
    PreparedSettings settings;
    settings.json = json;
    settings.secrets = turn_secrets(in);
    const bool explained = in.u8() != 0;
    std::array<bool, 4> logged;
    for (auto& level : logged) level = in.u8() != 0;
    const auto not_opened = [](OpenSource::NotOpened::Why why, std::string_view reason) {
        wire::Writer out(wire::Kind::failed);
        out.u8(static_cast<uint8_t>(why));
        out.text(reason);
        return out.bytes();
    };
    auto parsed = Json::parse(json);
    if (!in.done() || !parsed) return not_opened(OpenSource::NotOpened::Why::opening, "the settings came damaged");
    settings.open = std::move(*parsed);
    auto config = std::make_shared<config::Source>();
    config->name = name;
    config->plugin = library_->descriptor().name;
    config->path = path;
    Explain explain;
    if (explained)
        explain = [](std::string_view title, std::string_view detail) {
            if (!t_turn) return;
            wire::Writer out(wire::Kind::say);
            out.text(title);
            out.text(detail);
            t_turn->tell(out);
        };
    Services::Relay relay;
    relay.log = [logged](Level level, std::string_view line) {
        if (!t_turn || !logged[static_cast<size_t>(level)]) return;
        wire::Writer out(wire::Kind::log);
        out.u32(static_cast<uint32_t>(level));
        out.text(line);
        t_turn->tell(out);
    };
    // All other faults are what a call gives back.
    relay.fault = [](std::string_view function, std::string_view what) {
        if (!t_turn || (function != "drop" && function != "close_source")) return;
        wire::Writer out(wire::Kind::fault);
        out.u8(function == "drop" ? 0 : 1);
        out.text(what);
        t_turn->tell(out);
    };
    auto opened = OpenSource::open_prepared({library_, config, std::make_shared<TurnState>(), clock_, log_, metrics_, vault_, explain},
                                            std::move(settings), relay);
    if (const auto* failed = std::get_if<OpenSource::NotOpened>(&opened)) return not_opened(failed->why, failed->reason);
    source_ = std::get<0>(std::move(opened));

    const auto& enrolled = source_->enrolled();
    wire::Writer out(wire::Kind::open);
    const auto list = [&](const auto& entries, auto write_one) {
        out.u32(static_cast<uint32_t>(entries.size()));
        for (const auto& one : entries) write_one(one);
    };
    list(enrolled.verifiers, [&](const EnrolledVerifier& v) { out.text(v.name); });
    list(enrolled.routes, [&](const EnrolledRoute& r) {
        for (const auto& part : {r.method, r.path, r.verifier_name}) out.text(part);
        out.u64(r.max_body);
    });
    list(enrolled.fetch_backs, [&](const EnrolledFetchBack& f) { out.text(f.pattern); });
    list(enrolled.operations, [&](const EnrolledOperation& o) {
        for (const auto& part : {o.shown.name, o.shown.summary, o.shown.arguments_schema, o.shown.kind}) out.text(part);
    });
    list(enrolled.egress_given, [&](const EnrolledEgress& e) {
        out.u32(e.port);
        for (const auto& part : {e.setting, e.host, e.path_prefix}) out.text(part);
    });
    return out.bytes();
}

void WorkerSource::close() {
    jobs_.clear();
    source_.reset();
}

} // namespace gh::plugin
