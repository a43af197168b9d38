#include "core/sandbox/faults.hpp"

#include <algorithm>

namespace gh::sandbox {

namespace {

constexpr int64_t k_most_count = 1'000'000;
constexpr int64_t k_longest_delay = 600'000;

/// An integer member within limits; `otherwise` when absent; nothing when wrong.
std::optional<int64_t> integer(const json::Value& arguments, std::string_view name, int64_t least, int64_t most, int64_t otherwise) {
    const json::Value* value = arguments.find(name);
    if (!value) return otherwise;
    if (value->kind != json::Kind::number || value->text.find_first_not_of("0123456789") != std::string::npos || value->text.size() > 9)
        return std::nullopt;
    const int64_t number = std::stoll(value->text);
    return number < least || number > most ? std::nullopt : std::optional(number);
}

} // namespace

Status ApiFaults::add(const json::Value& arguments) {
    const std::string mode(arguments.text_of("mode"));
    if (mode == "clear") {
        rules_.clear();
        return Done{};
    }
    Rule rule{Mode::latency, mode, std::string(arguments.text_of("path")), -1, Millis(0), {}};
    const auto count = integer(arguments, "count", 1, k_most_count, -1);
    if (!count) return Error{"count: give a whole number from 1 to " + std::to_string(k_most_count)};
    rule.left = *count;
    const auto delay = integer(arguments, "milliseconds", 1, k_longest_delay,
                               mode == "hang"                        ? 60'000
                               : mode == "latency" || mode == "late" ? 1'000
                                                                     : 0);
    if (!delay) return Error{"milliseconds: give a whole number from 1 to " + std::to_string(k_longest_delay)};
    rule.delay = Millis(*delay);
    const auto status = integer(arguments, "status", 200, 599, mode == "rate-limit" ? 429 : 500);
    if (!status) return Error{"status: give a number from 200 to 599"};
    const auto retry_after = integer(arguments, "retry_after", 0, 86'400, -1);
    if (!retry_after) return Error{"retry_after: give seconds from 0 to 86400"};

    if (mode == "latency")
        rule.mode = Mode::latency;
    else if (mode == "late")
        rule.mode = Mode::late;
    else if (mode == "hang")
        rule.mode = Mode::hang;
    else if (mode == "cut")
        rule.mode = Mode::cut;
    else if (mode == "status" || mode == "rate-limit" || mode == "errors")
        rule.mode = Mode::status;
    else
        return Error{"mode: give latency, late, status, rate-limit, errors, hang, cut or clear"};

    rule.answer.status = static_cast<int>(*status);
    if (*retry_after >= 0) rule.answer.fields.push_back({"Retry-After", std::to_string(*retry_after)});
    if (const json::Value* body = arguments.find("body"); body && body->kind == json::Kind::string) {
        rule.answer.body = body->text;
        rule.answer.fields.push_back({"Content-Type", "application/json"});
    }
    rules_.push_back(std::move(rule));
    return Done{};
}

Mishap ApiFaults::next(const std::string& path) {
    Mishap out;
    bool decided = false;
    for (Rule& rule : rules_) {
        if (!path.starts_with(rule.path) || (decided && rule.mode != Mode::latency)) continue;
        if (rule.left > 0) --rule.left;
        (rule.mode == Mode::late ? out.late : out.delay) += rule.delay;
        if (rule.mode == Mode::latency) continue;
        decided = true;
        out.hang = rule.mode == Mode::hang;
        out.cut = rule.mode == Mode::cut;
        if (rule.mode == Mode::status) out.instead = rule.answer;
    }
    std::erase_if(rules_, [](const Rule& rule) { return rule.left == 0; });
    return out;
}

std::string ApiFaults::describe() const {
    json::Writer w;
    w.array();
    for (const Rule& rule : rules_) {
        w.object().member("mode", rule.name);
        if (!rule.path.empty()) w.member("path", rule.path);
        if (rule.left >= 0) w.member("left", rule.left);
        if (rule.delay.count() > 0) w.member("milliseconds", rule.delay.count());
        if (rule.mode == Mode::status) w.member("status", rule.answer.status);
        w.end();
    }
    w.end();
    return w.take();
}

} // namespace gh::sandbox
