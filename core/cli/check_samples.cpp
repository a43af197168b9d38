#include "core/cli/conformance.hpp"

namespace gh::cli {

namespace {

constexpr Millis k_long_after = std::chrono::hours(24 * 30);

bool accepted(const Offer& o) {
    return o.result == Offer::Result::event || o.result == Offer::Result::answer;
}

void expectation(const plugin::Sample& sample, const Offer& o, Report& report) {
    const std::string check = "sample " + sample.name;
    const auto event = o.result == Offer::Result::event;
    if (o.result == Offer::Result::needs_job) return report.warn(21, check, "not decided: " + o.hint);
    if (o.result == Offer::Result::fault) return report.fail(14, check, o.hint);
    if (accepted(o) != sample.accept)
        return report.fail(21, check, std::string(sample.accept ? "should be accepted, was " : "should be refused, was ") + told(o));
    if (sample.accept && event && o.event.type != sample.code)
        return report.fail(21, check, "should have the type \"" + sample.code + "\", was " + told(o));
    if (!sample.accept && o.code != sample.code)
        return report.fail(21, check, "should be refused as \"" + sample.code + "\", was " + told(o));
    report.pass(21, check, told(o));
}

/// Another secret of the same form: hexadecimal and base64 stay what they are.
std::string twin(std::string secret) {
    for (size_t i = secret.find('_') == secret.npos ? 0 : secret.find('_') + 1; i + 3 < secret.size(); ++i) {
        char& c = secret[i];
        if ((c >= '0' && c <= '8') || (c >= 'a' && c <= 'e') || (c >= 'A' && c <= 'E')) c = static_cast<char>(c + 1);
    }
    return secret;
}

plugin::Json text_value(std::string text) {
    plugin::Json out;
    out.kind = plugin::Json::Kind::string;
    out.text = std::move(text);
    return out;
}

/// Where a secret may have several values, each of them is tried: during a rotation messages come with the old one and the new one.
void rotation(const Trial& trial, const plugin::Sample& sample, const Offer& genuine, Report& report) {
    const auto schema = plugin::Schema::compile(trial.settings_schema);
    const auto settings = plugin::Json::parse(sample.settings_json.empty() ? "{}" : sample.settings_json);
    if (!schema || !settings) return;
    for (const auto& secret : secrets_in(trial.settings_schema, sample.settings_json)) {
        const std::string other = twin(secret.value), check = "old and new secret: " + sample.name + ": " + secret.pointer.substr(1);
        if (other == secret.value) continue;
        bool tried = false;
        std::string failed, other_key;
        for (const bool first : {true, false}) {
            plugin::Json both = *settings;
            plugin::Json* at = value_at(both, secret.pointer);
            if (!at) continue;
            plugin::Json list;
            list.kind = plugin::Json::Kind::array;
            list.items = {text_value(first ? secret.value : other), text_value(first ? other : secret.value)};
            *at = list;
            plugin::Json filled = both;
            if (!schema->check(filled).empty()) continue; // takes one value alone
            plugin::Sample changed = sample;
            changed.settings_json = both.write();
            const auto r = ready(trial, changed);
            if (!r) continue; // a secret of a form that cannot be made here
            tried = true;
            const Offer o = offer(*r->source, *r->route, r->request, sample.at, trial.keys);
            const char* place = first ? "with the genuine one first: " : "with the genuine one last: ";
            if (!accepted(o))
                failed = place + told(o);
            else if (o.event.dedupe_key != genuine.event.dedupe_key)
                other_key = place;
        }
        if (!failed.empty())
            report.fail(44, check, failed);
        else if (!other_key.empty())
            report.warn(18, check, other_key + "the dedupe key is another one: a resend during a rotation becomes a second event");
        else if (tried)
            report.pass(44, check);
    }
}

/// A header that holds a time near the sample's, in seconds or milliseconds since 1970.
std::string time_header(const http::Request& request, Time at) {
    for (const auto& field : request.fields) {
        const auto& v = field.value;
        if (v.size() < 10 || v.size() > 13 || v.find_first_not_of("0123456789") != v.npos) continue;
        const int64_t n = std::atoll(v.c_str()), ms = v.size() == 13 ? n : n * 1000;
        if (std::abs(ms - to_unix_ms(at)) < 24 * 3600 * 1000) return field.name;
    }
    return {};
}

void replayed(const Trial& trial, const plugin::Sample& sample, const Ready& r, Report& report) {
    trial.clock.set(sample.at + k_long_after);
    const Offer late = offer(*r.source, *r.route, r.request, sample.at + k_long_after, trial.keys);
    trial.clock.set(sample.at);
    const std::string check = "a month later: " + sample.name;
    if (!accepted(late)) return report.pass(17, check, told(late));
    const auto header = time_header(r.request, sample.at);
    if (header.empty()) return; // nothing in the request tells when it was signed
    http::Request moved = r.request;
    for (auto& field : moved.fields)
        if (field.name == header) field.value.back() = field.value.back() == '9' ? '8' : static_cast<char>(field.value.back() + 1);
    const bool is_signed = !accepted(offer(*r.source, *r.route, moved, sample.at, trial.keys));
    if (is_signed)
        report.fail(17, check,
                    "it is accepted for ever, though header " + header +
                        " is signed and tells its time: report it as signed_at, and the host closes the window");
}

void leaks(const Trial& trial, const plugin::Sample& sample, const Offer& o, size_t lines_before, Report& report) {
    LeakFinder finder;
    for (auto& secret : secrets_in(trial.settings_schema, sample.settings_json)) finder.add(std::move(secret.value));
    const std::string check = "secrets stay secret: " + sample.name;
    if (finder.leaks(o.hint) || finder.leaks(o.code)) return report.fail(42, check, "the refusal's code or hint holds a secret setting");
    if (finder.leaks(o.event.subject) || finder.leaks(o.event.dedupe_key) || finder.leaks(o.event.type))
        return report.fail(42, check, "the event's type, subject or dedupe key holds a secret setting");
    if (!trial.log) return;
    const auto lines = trial.log();
    for (size_t i = lines_before; i < lines.size(); ++i)
        if (finder.leaks(lines[i])) return report.fail(42, check, "a log line holds a secret setting");
}

} // namespace

void check_samples(const Trial& trial, Report& report) {
    const auto accepting = std::count_if(trial.samples.begin(), trial.samples.end(), [](const auto& s) { return s.accept; });
    const auto refusing = static_cast<ptrdiff_t>(trial.samples.size()) - accepting;
    if (report.step("samples")) {
        if (accepting > 0 && refusing > 0)
            report.pass(21, "has samples", std::to_string(accepting) + " to accept, " + std::to_string(refusing) + " to refuse");
        else
            report.fail(21, "has samples", "at least one sample to accept and one to refuse are needed");
    }
    for (const auto& sample : trial.samples) {
        if (!report.step("sample " + sample.name)) continue;
        const size_t lines = trial.log ? trial.log().size() : 0;
        const auto r = ready(trial, sample);
        if (!r) {
            report.fail(21, "sample " + sample.name, r.error().message);
            continue;
        }
        const Offer first = offer(*r->source, *r->route, r->request, sample.at, trial.keys);
        expectation(sample, first, report);
        report.at("asked again");
        const Offer again = offer(*r->source, *r->route, r->request, sample.at, trial.keys);
        if (!same_offer(first, again))
            report.fail(12, "same answer twice: " + sample.name, "first " + told(first) + ", then " + told(again));
        leaks(trial, sample, first, lines, report);
        if (!sample.accept || !accepted(first)) continue;
        if (first.result == Offer::Result::event && first.event.dedupe_key.empty())
            report.warn(18, "dedupe key: " + sample.name,
                        "there is none, neither of the event nor a replay id: every resend becomes another event");
        report.at("a month later");
        replayed(trial, sample, *r, report);
        report.at("with two secrets");
        rotation(trial, sample, first, report);
    }
}

} // namespace gh::cli
