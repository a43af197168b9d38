// Verifies a quarantined request again, as of the time at which it was received, and turns it into an event when it is genuine after all.
#pragma once

#include "core/admin/admin.hpp"

#include <memory>
#include <optional>
#include <string>

namespace gh::admin {

struct Reverified {
    /// released: an event now · duplicate: genuine, but its event exists; gone from the quarantine · refused: still refused · no_event:
    /// genuine, but the sender waited for an answer (a handshake) · unavailable: its source is not open, or the plugin or store failed ·
    /// gone: no longer in the quarantine
    std::string result;
    std::optional<Uuid> event;
    std::string code, hint;
};

class Reverifier {
public:
    Reverifier(const Services& services, std::shared_ptr<const plugin::Generation> generation)
        : services_(services), generation_(std::move(generation)) {}
    /// Waits for the plugin's jobs and the store.
    Reverified run(Uuid quarantined) const;

private:
    Reverified release(const store::Event&, const plugin::Source&, const plugin::EventDraft&, const plugin::Acceptance&) const;
    plugin::Verdict verify(const plugin::Source&, const plugin::Route&, const http::Request&) const;

    const Services& services_;
    std::shared_ptr<const plugin::Generation> generation_;
};

} // namespace gh::admin
