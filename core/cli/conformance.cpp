#include "core/cli/conformance.hpp"

#include "core/base/encoding.hpp"
#include "core/base/json.hpp"
#include "core/cli/mutants.hpp"
#include "core/cli/raw_request.hpp"

namespace gh::cli {

namespace {

using State = RuleResult::State;

enum class Proof { header_signature, body_signature, credential, address };

bool names_signature(const std::string& name) {
    std::string lower = name;
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (lower == "hash" || lower == "hmac" || lower == "mac") return true;
    return lower.find("signature") != std::string::npos && lower.find("version") == std::string::npos;
}

bool signed_inside(const http::Request& request) {
    const auto body = json::parse(request.body);
    if (!body) return false;
    return std::any_of(body->members.begin(), body->members.end(), [](const auto& m) { return names_signature(m.first); });
}

/// Strings of at least eight characters in the settings: what a header holds of them is a credential.
void collect_strings(const json::Value& v, std::vector<std::string>& out) {
    if (v.kind == json::Kind::string && v.text.size() >= 8) out.push_back(v.text);
    for (const auto& item : v.items) collect_strings(item, out);
    for (const auto& [name, member] : v.members) collect_strings(member, out);
}

bool is_credential(const http::Field& field, const std::vector<std::string>& settings) {
    if (equals_ignoring_case(field.name, "Authorization")) return field.value.starts_with("Bearer ") || field.value.starts_with("Basic ");
    return std::any_of(settings.begin(), settings.end(), [&](const std::string& s) { return field.value.find(s) != std::string::npos; });
}

bool same_event(const Offer& a, const Offer& b) {
    return a.result == b.result && a.event.dedupe_key == b.event.dedupe_key && a.event.type == b.event.type &&
           a.event.subject == b.event.subject && a.event.ordering_key == b.event.ordering_key && a.event.occurred_at == b.event.occurred_at;
}

/// All mutants of one accepted sample.
class Attack {
public:
    Attack(const plugin::Sample& sample, const plugin::Source& source, const plugin::Route& route, const http::Request& request,
           const Offer& genuine)
        : sample_(sample), source_(source), route_(route), request_(request), genuine_(genuine) {}

    void run(std::vector<RuleResult>& out) {
        for (const auto& m : mutants(request_)) {
            const Offer o = offer(source_, route_, m.request, sample_.at);
            if (o.result == Offer::Result::fault && fault_.empty()) fault_ = m.what + ": " + o.hint;
            const bool body = m.header.empty();
            if (body) ++bodies_;
            if (!o.verified) {
                if (o.result == Offer::Result::refused) ++refused_;
                if (!body) essential_.push_back(m.header);
            } else if (body && m.request.body != request_.body) {
                ++open_;
                if (first_open_.empty()) first_open_ = m.what;
                if (!same_event(genuine_, o) && first_other_.empty()) first_other_ = m.what;
            }
        }
        out.push_back(faults());
        out.push_back(proof());
    }

private:
    RuleResult faults() const {
        if (fault_.empty()) return {"no faults on changed requests: " + sample_.name, State::passed, ""};
        return {"no faults on changed requests: " + sample_.name, State::failed, fault_};
    }

    Proof where() const {
        if (genuine_.acceptance.trust == store::Trust::unverified_origin) return Proof::address;
        if (signed_inside(request_)) return Proof::body_signature;
        std::vector<std::string> settings;
        if (const auto parsed = json::parse(sample_.settings_json)) collect_strings(*parsed, settings);
        for (const auto& field : request_.fields)
            if (is_credential(field, settings) && std::find(essential_.begin(), essential_.end(), field.name) != essential_.end())
                return Proof::credential;
        return Proof::header_signature;
    }

    RuleResult proof() const {
        RuleResult r{"changed requests are refused: " + sample_.name, State::passed, std::to_string(refused_) + " refused"};
        const std::string open =
            std::to_string(open_) + " of " + std::to_string(bodies_) + " changed bodies were accepted, first: " + first_open_;
        switch (where()) {
            case Proof::address:
                r.state = State::warned;
                r.detail = "nothing proves the sender but the address: its events are marked unverified_origin";
                return r;
            case Proof::credential:
                if (open_ == 0) return r;
                r.state = State::warned;
                r.detail = "a credential proves the sender, but nothing proves the body; " + open;
                return r;
            case Proof::body_signature:
                if (open_ == 0) return r;
                r.state = !first_other_.empty() || open_ * 2 > bodies_ ? State::failed : State::warned;
                r.detail = !first_other_.empty() ? "an accepted change makes another event: " + first_other_
                                                 : "bytes outside the signature; " + open;
                return r;
            case Proof::header_signature:
                break;
        }
        if (open_ > 0) {
            r.state = State::failed;
            r.detail = "the verifier does not cover the body's bytes; " + open;
        } else if (refused_ == 0) {
            r.state = State::failed;
            r.detail = "no changed request was refused";
        }
        return r;
    }

    const plugin::Sample& sample_;
    const plugin::Source& source_;
    const plugin::Route& route_;
    const http::Request& request_;
    const Offer& genuine_;
    std::string fault_, first_open_, first_other_;
    std::vector<std::string> essential_; ///< headers whose change was noticed
    size_t refused_ = 0, open_ = 0, bodies_ = 0;
};

RuleResult expectation(const plugin::Sample& sample, const Offer& o) {
    RuleResult r{"sample " + sample.name, State::passed, ""};
    const bool accepted = o.result == Offer::Result::event || o.result == Offer::Result::answer;
    const auto got = [&] { return accepted ? "accepted as \"" + o.event.type + "\"" : "refused as \"" + o.code + "\": " + o.hint; };
    if (o.result == Offer::Result::needs_job) {
        r.state = State::warned;
        r.detail = "not decided: " + o.hint;
    } else if (o.result == Offer::Result::fault) {
        r.state = State::failed;
        r.detail = o.hint;
    } else if (accepted != sample.accept) {
        r.state = State::failed;
        r.detail = std::string(sample.accept ? "should be accepted, was " : "should be refused, was ") + got();
    } else if (sample.accept && o.result == Offer::Result::event && o.event.type != sample.code) {
        r.state = State::failed;
        r.detail = "should have the type \"" + sample.code + "\", was " + got();
    } else if (!sample.accept && o.code != sample.code) {
        r.state = State::failed;
        r.detail = "should be refused as \"" + sample.code + "\", was " + got();
    }
    return r;
}

} // namespace

std::vector<RuleResult> conform(const std::vector<plugin::Sample>& samples, const OpenSample& open, ManualClock& clock) {
    std::vector<RuleResult> out;
    const auto accepting = std::count_if(samples.begin(), samples.end(), [](const auto& s) { return s.accept; });
    const bool both = accepting > 0 && accepting < static_cast<ptrdiff_t>(samples.size());
    out.push_back(
        {"has samples", both ? State::passed : State::failed,
         both ? std::to_string(accepting) + " to accept, " + std::to_string(samples.size() - static_cast<size_t>(accepting)) + " to refuse"
              : "at least one sample to accept and one to refuse are needed"});
    bool attacked = false;
    for (const auto& sample : samples) {
        const auto fail = [&](std::string why) { out.push_back({"sample " + sample.name, State::failed, std::move(why)}); };
        clock.set(sample.at);
        auto raw = parse_raw_request(sample.request);
        if (!raw) {
            fail("its request: " + raw.error().message);
            continue;
        }
        const auto source = open(sample);
        if (!source) {
            fail("its settings: " + source.error().message);
            continue;
        }
        http::Request& request = raw->request;
        request.received_at = sample.at;
        const plugin::Route* route = find_route(**source, request);
        if (!route) {
            fail("no route takes " + request.method + " " + request.path);
            continue;
        }
        request.path = route->path;
        const Offer genuine = offer(**source, *route, request, sample.at);
        out.push_back(expectation(sample, genuine));
        if (!sample.accept || !genuine.verified) continue;
        Attack(sample, **source, *route, request, genuine).run(out);
        attacked = true;
    }
    if (accepting > 0 && !attacked)
        out.push_back({"changed requests are refused", State::failed, "no sample was accepted, so nothing could be changed"});
    return out;
}

} // namespace gh::cli
