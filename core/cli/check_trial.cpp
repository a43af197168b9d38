#include "core/cli/check_trial.hpp"

#include "core/cli/raw_request.hpp"

namespace gh::cli {

namespace {

constexpr size_t k_least_secret = 8;

void collect(const plugin::Schema& schema, const plugin::Json& value, const std::string& pointer, std::vector<SecretAt>& out) {
    if (schema.write_only()) {
        if (value.kind == plugin::Json::Kind::string) out.push_back({pointer, value.text});
        for (size_t i = 0; i < value.items.size(); ++i) out.push_back({pointer + "/" + std::to_string(i), value.items[i].text});
        return;
    }
    for (const auto& member : value.members)
        if (const auto* inner = schema.property(member.name))
            collect(*inner, member.value, pointer + "/" + plugin::pointer_token(member.name), out);
    if (schema.items())
        for (size_t i = 0; i < value.items.size(); ++i) collect(*schema.items(), value.items[i], pointer + "/" + std::to_string(i), out);
}

} // namespace

Result<Ready> ready(const Trial& trial, const plugin::Sample& sample) {
    trial.clock.set(sample.at);
    auto raw = parse_raw_request(sample.request);
    if (!raw) return Error{"its request: " + raw.error().message};
    auto source = trial.open(sample);
    if (!source) return Error{"its settings: " + source.error().message};
    Ready out{std::move(*source), nullptr, std::move(raw->request)};
    out.request.received_at = sample.at;
    out.route = find_route(*out.source, out.request);
    if (!out.route) return Error{"no route takes " + out.request.method + " " + out.request.path};
    out.request.path = out.route->path;
    return out;
}

const plugin::Sample* first_accepted(const Trial& trial) {
    const auto found = std::find_if(trial.samples.begin(), trial.samples.end(), [](const auto& s) { return s.accept; });
    return found == trial.samples.end() ? nullptr : &*found;
}

std::vector<SecretAt> secrets_in(const std::string& settings_schema, const std::string& settings_json) {
    std::vector<SecretAt> out;
    const auto schema = plugin::Schema::compile(settings_schema);
    const auto settings = plugin::Json::parse(settings_json.empty() ? "{}" : settings_json);
    if (schema && settings) collect(*schema, *settings, "", out);
    return out;
}

plugin::Json* value_at(plugin::Json& root, std::string_view pointer) {
    plugin::Json* at = &root;
    while (at && !pointer.empty()) {
        pointer.remove_prefix(1);
        const auto token = pointer.substr(0, pointer.find('/'));
        pointer.remove_prefix(token.size());
        if (at->kind == plugin::Json::Kind::array) {
            const size_t i = static_cast<size_t>(std::atoll(std::string(token).c_str()));
            at = i < at->items.size() ? &at->items[i] : nullptr;
            continue;
        }
        const auto found = std::find_if(at->members.begin(), at->members.end(),
                                        [&](const auto& member) { return plugin::pointer_token(member.name) == token; });
        at = found == at->members.end() ? nullptr : &found->value;
    }
    return at;
}

void LeakFinder::add(std::string value) {
    if (value.size() >= k_least_secret) values_.push_back(std::move(value));
}

bool LeakFinder::leaks(std::string_view text) const {
    return std::any_of(values_.begin(), values_.end(), [&](const auto& value) { return text.find(value) != text.npos; });
}

bool same_offer(const Offer& a, const Offer& b) {
    return a.result == b.result && a.code == b.code && a.http_status == b.http_status && a.event.dedupe_key == b.event.dedupe_key &&
           a.event.type == b.event.type && a.event.subject == b.event.subject && a.event.ordering_key == b.event.ordering_key &&
           a.event.occurred_at == b.event.occurred_at;
}

std::string told(const Offer& o) {
    switch (o.result) {
        case Offer::Result::event:
            return "accepted as \"" + o.event.type + "\"";
        case Offer::Result::answer:
            return "accepted and answered";
        case Offer::Result::refused:
            return "refused as \"" + o.code + "\": " + o.hint;
        case Offer::Result::needs_job:
            return "not decided: " + o.hint;
        case Offer::Result::fault:
            break;
    }
    return "a fault: " + o.hint;
}

std::string shortened(std::string_view text) {
    std::string out(text.substr(0, 200));
    for (char& c : out)
        if (static_cast<unsigned char>(c) < ' ') c = ' ';
    return text.size() > 200 ? out + "…" : out;
}

} // namespace gh::cli
