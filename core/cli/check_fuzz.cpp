#include "core/base/encoding.hpp"
#include "core/base/json.hpp"
#include "core/cli/check_proof.hpp"
#include "core/cli/conformance.hpp"
#include "core/cli/raw_request.hpp"

namespace gh::cli {

namespace {

/// SplitMix64 (Steele, Lea and Flood, 2014): the same numbers on every machine.
class Random {
public:
    explicit Random(uint64_t seed) : state_(seed) {}
    uint64_t next() {
        uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    size_t below(size_t n) { return n ? static_cast<size_t>(next() % n) : 0; }
    bool one_in(size_t n) { return below(n) == 0; }

private:
    uint64_t state_;
};

constexpr std::string_view k_pieces[] = {"",
                                         " ",
                                         ",",
                                         ";",
                                         "=",
                                         ".",
                                         "v1,",
                                         "v1a,",
                                         "sha256=",
                                         "sha1=",
                                         "t=",
                                         "Bearer ",
                                         "Basic ",
                                         "null",
                                         "true",
                                         "[]",
                                         "{}",
                                         "\"\"",
                                         "\"",
                                         "\\",
                                         "\\u0000",
                                         "\\ud800",
                                         "\xc3\xa4",
                                         "\xff",
                                         "\xed\xa0\x80",
                                         "-1",
                                         "0",
                                         "1e999",
                                         "99999999999999999999",
                                         "1.5",
                                         "%00",
                                         "%2e%2e%2f",
                                         "../",
                                         "\r\n",
                                         "<x/>",
                                         "$",
                                         "{\"a\":",
                                         "[[[[",
                                         "AAAA",
                                         "====",
                                         "https://elsewhere.example/",
                                         "-----BEGIN CERTIFICATE-----"};

/// One random change of some bytes.
void change(std::string& text, Random& random, size_t most) {
    const size_t at = random.below(text.size() + 1);
    switch (random.below(8)) {
        case 0:
            if (!text.empty()) text[random.below(text.size())] = static_cast<char>(random.next());
            break;
        case 1:
            if (!text.empty()) text[random.below(text.size())] ^= static_cast<char>(1u << random.below(8));
            break;
        case 2:
            text.erase(at, random.below(16));
            break;
        case 3:
            text.insert(at, k_pieces[random.below(std::size(k_pieces))]);
            break;
        case 4:
            text.insert(at, text.substr(random.below(text.size() + 1), random.below(64)));
            break;
        case 5:
            text.resize(random.below(text.size() + 1));
            break;
        case 6:
            text.insert(at, std::string(random.below(300), static_cast<char>(random.next())));
            break;
        default:
            std::swap(text, text.empty()
                                ? text
                                : text.replace(at, std::min<size_t>(4, text.size() - at), k_pieces[random.below(std::size(k_pieces))]));
    }
    if (text.size() > most) text.resize(most);
}

/// Values of a header as a real server would hand them on: no control bytes.
std::string header_safe(std::string value) {
    std::erase_if(value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    const size_t first = value.find_first_not_of(' ');
    return first == value.npos ? std::string() : value.substr(first, value.find_last_not_of(' ') - first + 1);
}

void change(http::Request& request, Random& random) {
    for (size_t changes = 1 + random.below(4); changes > 0; --changes) {
        const size_t what = random.below(10);
        if (what < 5 || request.fields.empty()) {
            change(request.body, random, 1u << 16);
        } else if (what < 8) {
            auto& value = request.fields[random.below(request.fields.size())].value;
            change(value, random, 8000);
            value = header_safe(std::move(value));
        } else if (what == 8) {
            const size_t i = random.below(request.fields.size());
            if (random.one_in(2))
                request.fields.push_back(request.fields[i]);
            else
                request.fields.erase(request.fields.begin() + static_cast<ptrdiff_t>(i));
        } else {
            request.query = header_safe(std::string(k_pieces[random.below(std::size(k_pieces))]));
        }
    }
    for (auto& field : request.fields)
        if (equals_ignoring_case(field.name, "Content-Length")) field.value = std::to_string(request.body.size());
}

/// What each case starts from.
struct Base {
    const plugin::Sample* sample;
    http::Request request;
};

std::vector<Base> bases(const Trial& trial) {
    std::vector<Base> out;
    for (const auto& sample : trial.samples)
        if (auto raw = parse_raw_request(sample.request)) out.push_back({&sample, std::move(raw->request)});
    return out;
}

size_t make_case(const std::vector<Base>& from, uint64_t seed, uint64_t number, http::Request& out) {
    Random random(seed * 0x2545f4914f6cdd1du + number);
    random.next();
    const size_t which = random.below(from.size());
    out = from[which].request;
    change(out, random);
    return which;
}

/// A base with its source open.
struct Target {
    Ready ready;
    bool body_is_proved = false; ///< an accepted request with another body is a forgery
    std::optional<plugin::Acceptance> acceptance;
};

Target target_of(const Trial& trial, const plugin::Sample& sample) {
    Target out;
    auto r = ready(trial, sample);
    if (!r) return out;
    out.ready = std::move(*r);
    if (!sample.accept) return out;
    const Offer genuine = offer(*out.ready.source, *out.ready.route, out.ready.request, sample.at, trial.keys);
    if (!genuine.verified) return out;
    out.acceptance = genuine.acceptance;
    // Which headers count is found as check_changes() does: those without which it is refused.
    std::vector<std::string> essential;
    for (size_t i = 0; i < out.ready.request.fields.size(); ++i) {
        http::Request without = out.ready.request;
        without.fields.erase(without.fields.begin() + static_cast<ptrdiff_t>(i));
        if (!offer(*out.ready.source, *out.ready.route, without, sample.at, trial.keys).verified)
            essential.push_back(out.ready.request.fields[i].name);
    }
    const Proof proof = where_proved(sample, out.ready.request, genuine, essential);
    out.body_is_proved = proof == Proof::header_signature;
    // What a signature inside the body does not fit is not handled by any sender's doing.
    if (proof == Proof::body_signature) out.acceptance.reset();
    return out;
}

} // namespace

http::Request fuzz_case(const Trial& trial, uint64_t seed, uint64_t number) {
    http::Request out;
    const auto from = bases(trial);
    if (!from.empty()) make_case(from, seed, number, out);
    return out;
}

void check_fuzz(const Trial& trial, const FuzzPlan& plan, Report& report) {
    if (!report.step("seed " + std::to_string(plan.seed))) return;
    const auto from = bases(trial);
    if (from.empty()) return;
    std::vector<Target> targets;
    for (const auto& base : from) targets.push_back(target_of(trial, *base.sample));

    const std::string check = "random requests, seed " + std::to_string(plan.seed);
    const auto until = Steady::now() + plan.time;
    std::string fault, forged, unhandled;
    uint64_t number = plan.first, done = 0;
    for (; done < plan.cases && (done % 64 != 0 || Steady::now() < until); ++number, ++done) {
        http::Request request;
        const size_t which = make_case(from, plan.seed, number, request);
        const auto& [ready, proved, acceptance] = targets[which];
        if (!ready.source) continue;
        const auto& sample = *from[which].sample;
        const std::string name = "case " + std::to_string(number) + " (from sample " + sample.name + ")";
        report.at(name);
        request.path = ready.route->path;
        request.received_at = sample.at;
        trial.clock.set(sample.at);
        const Offer o = offer(*ready.source, *ready.route, request, sample.at, trial.keys);
        if (o.result == Offer::Result::fault && fault.empty()) fault = name + ": " + o.hint;
        if (o.verified && proved && request.body != ready.request.body && forged.empty()) forged = name + ": " + told(o);
        if (!acceptance || o.verified) continue;
        // As if it had been signed: genuine bodies may look like anything.
        report.at(name + ", handled");
        request.fields = ready.request.fields;
        const auto outcome = ready.source->handle(*ready.route, request, *acceptance);
        if (const auto* broken = std::get_if<plugin::Fault>(&outcome); broken && unhandled.empty())
            unhandled = name + ": " + broken->reason;
    }
    const std::string again = "; again: --seed " + std::to_string(plan.seed);
    if (!fault.empty()) report.fail(14, check, fault + again);
    if (!forged.empty()) report.fail(13, check, forged + again);
    if (!unhandled.empty()) report.warn(14, check, "were it signed, the sender would hear 503 for ever: " + unhandled + again);
    if (fault.empty() && forged.empty()) report.pass(22, check, std::to_string(done) + " requests");
}

} // namespace gh::cli
