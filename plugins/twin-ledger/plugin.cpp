// Trusted Twin: changes of ledgers and stickers of digital twins, announced to a webhook that must be confirmed and refreshed
// (https://trustedtwin.com/docs/reference/notifications/).
#include <gatehouse/plugin.hpp>

#include "handshake.hpp"
#include "plugin_samples.hpp"
#include "read_back.hpp"
#include "recover.hpp"

using namespace gatehouse;

namespace {

class twin_source {
public:
    twin_source(host h, const settings& s) : host_(h), config_(h, s), memory_(h), proof_(h, config_, memory_), seen_(h) {
        if (!config_.reads) h.warning("user_secret is not set: messages are stored, but nothing is read back from Trusted Twin");
    }

    void enroll(registry& r) {
        const twin_ledger::workshop w{host_, config_, memory_, proof_, seen_};
        r.egress_setting("api_url");
        r.verifier("hash", [this](const request& in) { return proof_(in); });
        r.route("POST", "", "hash", [](const request& in, const acceptance&) { return announced(in); });
        r.fetch_back(twin_ledger::k_confirmation_type, [w](const stored_event& e) { return twin_ledger::follow_confirmation(w, e); });
        twin_ledger::enroll_subscriptions(r, w);
        if (!config_.reads) return;
        r.fetch_back("*", [w](const stored_event& e) { return twin_ledger::read_back(w, e); });
        twin_ledger::enroll_recovery(r, w);
    }

private:
    /// Whether a message sent again has the same bytes is not documented, so a difference is no conflict.
    static outcome announced(const request& in) {
        auto read = twin_ledger::message::read(in.body());
        if (auto* malformed = std::get_if<refusal>(&read)) return std::move(*malformed);
        const auto& m = std::get<twin_ledger::message>(read);
        event e = event(m.id(), m.type()).occurred_at(m.sent_at()).answer(200).body_may_vary();
        if (m.is_confirmation()) return std::move(e).subject(m.topic());
        return std::move(e).subject(m.twin()).ordering_key(m.twin());
    }

    host host_;
    twin_ledger::config config_;
    twin_ledger::subscription_memory memory_;
    twin_ledger::authenticity proof_;
    mutable twin_ledger::twins_seen seen_;
};

} // namespace

GATEHOUSE_PLUGIN(twin_source, {.name = "twin-ledger",
                               .version = "1.0.0",
                               .summary = "Trusted Twin: ledger and sticker changes, read back from its API",
                               .settings_schema = twin_ledger::k_settings_schema,
                               .samples = twin_ledger::samples})
