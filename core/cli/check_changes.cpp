#include "core/base/encoding.hpp"
#include "core/base/json.hpp"
#include "core/cli/check_proof.hpp"
#include "core/cli/conformance.hpp"
#include "core/cli/mutants.hpp"

namespace gh::cli {

namespace {

bool accepted(const Offer& o) {
    return o.result == Offer::Result::event || o.result == Offer::Result::answer;
}

/// All mutants of one accepted sample.
class Attack {
public:
    Attack(const Trial& trial, const plugin::Sample& sample, const Ready& ready, const Offer& genuine)
        : keys_(trial.keys), sample_(sample), ready_(ready), genuine_(genuine) {}

    void run(Report& out) {
        for (const auto& m : mutants(ready_.request)) {
            out.at(m.what);
            const Offer o = offer(*ready_.source, *ready_.route, m.request, sample_.at, keys_);
            if (o.result == Offer::Result::fault && fault_.empty()) fault_ = m.what + ": " + o.hint;
            const bool body = m.header.empty();
            if (body) ++bodies_;
            if (!o.verified) {
                if (o.result == Offer::Result::refused) ++refused_;
                if (!body) essential_.push_back(m.header);
            } else if (m.kind == Mutant::Kind::time_moved) {
                if (o.acceptance.signed_at != genuine_.acceptance.signed_at && moved_.empty()) moved_ = m.what;
            } else if (body && m.request.body != ready_.request.body) {
                ++open_;
                if (first_open_.empty()) first_open_ = m.what;
                if (!same_offer(genuine_, o) && first_other_.empty()) first_other_ = m.what;
            }
        }
        const std::string faults = "no faults on changed requests: " + sample_.name;
        if (fault_.empty())
            out.pass(14, faults);
        else
            out.fail(14, faults, fault_);
        if (!moved_.empty())
            out.fail(17, "the time is signed: " + sample_.name, moved_ + ": accepted, and reported as the signed time: nothing signs it");
        out.add(proof());
    }

    /// Headers whose change was noticed, each once.
    std::vector<std::string> essential() const {
        auto out = essential_;
        std::sort(out.begin(), out.end());
        out.erase(std::unique(out.begin(), out.end()), out.end());
        return out;
    }
    Proof where() const { return where_proved(sample_, ready_.request, genuine_, essential_); }

private:
    RuleResult proof() const {
        RuleResult r{13, "changed requests are refused: " + sample_.name, RuleResult::State::passed, std::to_string(refused_) + " refused"};
        const std::string open =
            std::to_string(open_) + " of " + std::to_string(bodies_) + " changed bodies were accepted, first: " + first_open_;
        switch (where()) {
            case Proof::address:
                r.state = RuleResult::State::warned;
                r.detail = "nothing proves the sender but the address: its events are marked unverified_origin";
                return r;
            case Proof::credential:
                if (open_ == 0) return r;
                r.state = RuleResult::State::warned;
                r.detail = "a credential proves the sender, but nothing proves the body; " + open;
                return r;
            case Proof::body_signature:
                if (open_ == 0) return r;
                r.state = !first_other_.empty() || open_ * 2 > bodies_ ? RuleResult::State::failed : RuleResult::State::warned;
                r.detail = !first_other_.empty() ? "an accepted change makes another event: " + first_other_
                                                 : "bytes outside the signature; " + open;
                return r;
            case Proof::header_signature:
                break;
        }
        if (open_ > 0) {
            r.state = RuleResult::State::failed;
            r.detail = "the verifier does not cover the body's bytes; " + open;
        } else if (refused_ == 0) {
            r.state = RuleResult::State::failed;
            r.detail = "no changed request was refused";
        }
        return r;
    }

    const plugin::Answerer& keys_;
    const plugin::Sample& sample_;
    const Ready& ready_;
    const Offer& genuine_;
    std::string fault_, first_open_, first_other_, moved_;
    std::vector<std::string> essential_; ///< headers whose change was noticed
    size_t refused_ = 0, open_ = 0, bodies_ = 0;
};

/// The proving headers of another accepted sample with the same settings, put on this one: what is signed there is signed there only.
void swapped(const Trial& trial, const plugin::Sample& sample, const Ready& r, const std::vector<std::string>& essential, Report& report) {
    for (const auto& donor : trial.samples) {
        if (&donor == &sample || !donor.accept || donor.settings_json != sample.settings_json || donor.at != sample.at) continue;
        const auto other = ready(trial, donor);
        trial.clock.set(sample.at);
        if (!other || other->route->path != r.route->path || other->request.body == r.request.body) continue;
        http::Request changed = r.request;
        bool differs = false;
        for (auto& field : changed.fields) {
            const bool proves =
                std::any_of(essential.begin(), essential.end(), [&](const auto& name) { return equals_ignoring_case(name, field.name); });
            const auto theirs = proves ? other->request.field(field.name) : std::nullopt;
            if (!theirs || *theirs == field.value) continue;
            field.value = *theirs;
            differs = true;
        }
        if (!differs) continue;
        report.at("with the headers of " + donor.name);
        const Offer o = offer(*r.source, *r.route, changed, sample.at, trial.keys);
        const std::string check = "another sample's signature is refused: " + sample.name + " with that of " + donor.name;
        if (accepted(o)) return report.fail(13, check, told(o));
        return report.pass(13, check, told(o));
    }
}

} // namespace

void check_changes(const Trial& trial, Report& report) {
    const auto accepting = std::count_if(trial.samples.begin(), trial.samples.end(), [](const auto& s) { return s.accept; });
    bool attacked = false, stepped = false;
    for (const auto& sample : trial.samples) {
        if (!sample.accept) continue;
        if (!report.step(sample.name)) {
            attacked = true;
            continue;
        }
        stepped = true;
        const auto r = ready(trial, sample);
        if (!r) continue;
        const Offer genuine = offer(*r->source, *r->route, r->request, sample.at, trial.keys);
        if (!genuine.verified) continue;
        Attack attack(trial, sample, *r, genuine);
        attack.run(report);
        if (attack.where() == Proof::header_signature) swapped(trial, sample, *r, attack.essential(), report);
        attacked = true;
    }
    if (accepting > 0 && stepped && !attacked)
        report.fail(13, "changed requests are refused", "no sample was accepted, so nothing could be changed");
}

} // namespace gh::cli
