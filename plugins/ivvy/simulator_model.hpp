// What the simulated iVvy account has: entities of every kind that notifications tell of (developer.ivvy.com, "notifications").
#pragma once

#include <deque>

#include "sns/simulation/text.hpp"
#include "subjects.hpp"

namespace ivvy::sim {

using gatehouse::simulator_host;
namespace json = gatehouse::json;

/// The kinds of notification, each with its own endpoint key and topic.
inline constexpr std::array<std::string_view, 7> k_kinds = {"companies", "contacts", "crm", "payments", "venues", "events", "ari"};
/// The kind that tells of this Subject; "venues" for one that is not known.
std::string_view kind_of(std::string_view subject);
/// Every Subject of the table.
std::vector<std::string> all_subjects();

struct record {
    const entity* of = nullptr;
    int64_t id = 0;
    std::map<std::string, int64_t> parents; ///< venueId, bookingId, contactId, leadId
    uint64_t revision = 0;
    std::string modified; ///< "YYYY-MM-DD HH:MM:SS", UTC
    bool deleted = false;
    json::object render() const;
};

class model {
public:
    model(simulator_host host, int64_t venue) : host_(host), venue_(venue) {}

    /// Makes happen what the Subject says and returns the Body of its notification, as iVvy writes it.
    std::string happen(std::string_view subject);
    const record* find(const entity* of, std::string_view id) const;
    std::vector<const record*> list(const entity* of, json::value arguments) const;
    /// Rows of rates and availability for those dates and rooms.
    json::array rows(std::string_view name, json::value arguments) const;
    int64_t venue() const { return venue_; }
    size_t size() const { return records_.size(); }

private:
    record& create(const entity& of);
    record* latest(const entity& of);
    std::string stamp() const;

    simulator_host host_;
    int64_t venue_, next_ = 100;
    std::deque<record> records_;
};

} // namespace ivvy::sim
