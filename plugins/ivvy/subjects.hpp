// The Subjects that iVvy sends, and how the entity behind each is read back (developer.ivvy.com, "notifications"; Subjects that only the
// vendor's receiver knows are in it, too).
#pragma once

#include <gatehouse/json.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace ivvy {

enum class read_by {
    nothing, ///< no call is documented
    id,      ///< {id} gives the entity
    list,    ///< a list below its parents, searched by id
    dates    ///< rates and availability: rooms and a range of dates
};

struct entity {
    std::string_view name;
    std::string_view actions; ///< words that may follow the name in a Subject, each with a space after it
    std::string_view id_name; ///< where the bodies of deletions have the id; "" when there is none
    read_by how;
    std::string_view call;                   ///< "<namespace>?action=<action>"
    std::array<std::string_view, 2> parents; ///< arguments of the list
};

inline constexpr std::string_view k_usual = "Added Updated Deleted ", k_generated = "Generated Deleted ", k_changed = "Updated ";

inline constexpr std::array<entity, 20> k_entities = {{
    {"Company", k_usual, "companyId", read_by::id, "contact?action=getCompany", {}},
    {"Contact", k_usual, "contactId", read_by::id, "contact?action=getContact", {}},
    {"ContactNote", k_usual, "noteId", read_by::list, "contact?action=getContactNoteList", {"contactId"}},
    {"Opportunity", k_usual, "opportunityId", read_by::list, "crm?action=getOpportunityList", {"venueIds"}},
    {"CrmEventTask", k_usual, "taskId", read_by::list, "crm?action=getTaskList", {"venueId"}},
    {"CrmEventActivity", k_usual, "activityId", read_by::list, "crm?action=getActivityList", {"venueId"}},
    {"CrmLeadNote", k_usual, "noteId", read_by::list, "crm?action=getLeadNoteList", {"leadId"}},
    {"Invoice", "Added Updated ", "", read_by::id, "invoice?action=getInvoice", {}},
    {"Booking", "Added Updated Moved Deleted ", "bookingId", read_by::id, "venue?action=getBooking", {}},
    {"BookingSession", k_usual, "sessionId", read_by::list, "venue?action=getBookingSessionList", {"venueId", "bookingId"}},
    {"BookingAccommodation",
     "Added Updated Moved Deleted ",
     "accommodationId",
     read_by::list,
     "venue?action=getBookingAccommodationList",
     {"venueId", "bookingId"}},
    {"BookingRoomReservation",
     "Added Updated Deleted Confirmed Cancelled ",
     "reservationId",
     read_by::list,
     "venue?action=getBookingRoomReservationList",
     {"venueId", "bookingId"}},
    {"BookingNote", k_usual, "noteId", read_by::list, "venue?action=getBookingNoteList", {"venueId", "bookingId"}},
    {"SpaceBlockout", k_usual, "spaceBlockoutId", read_by::list, "venue?action=getSpaceBlockoutList", {"venueId"}},
    {"BookingDocument", k_generated, "documentId", read_by::list, "venue?action=getBookingDocumentList", {"venueId", "bookingId"}},
    {"BookingBeo", k_generated, "beoId", read_by::list, "venue?action=getBookingBeoList", {"venueId", "bookingId"}},
    {"VenueGuest", "Anonymised ", "guestContactId", read_by::nothing, "", {}},
    {"RoomInventory", k_changed, "", read_by::dates, "venue?action=getRoomInventory", {}},
    {"RoomRates", k_changed, "", read_by::dates, "venue?action=getRoomRates", {}},
    {"RatePlanBookingRules", k_changed, "", read_by::dates, "venue?action=getRatePlanBookingRules", {}},
}};

/// A Subject taken apart.
struct parsed_subject {
    const entity* of = nullptr; ///< null for a Subject that is not in the table
    std::string type;           ///< "Company.added"; an unknown Subject as it is
    std::string action;         ///< "added"
};

inline parsed_subject parse_subject(std::string_view subject) {
    for (const auto& e : k_entities) {
        if (subject.substr(0, e.name.size()) != e.name || subject.size() == e.name.size()) continue;
        const std::string word(subject.substr(e.name.size()));
        const size_t at = word.find(' ') == std::string::npos ? e.actions.find(word + " ") : std::string_view::npos;
        // Whole words only: "dded" is no action.
        if (at == std::string_view::npos || (at > 0 && e.actions[at - 1] != ' ')) continue;
        std::string action = word;
        action[0] = static_cast<char>(action[0] + 32);
        return {&e, std::string(e.name) + "." + action, action};
    }
    std::string type(subject);
    for (char& c : type)
        if (c <= 0x20 || c >= 0x7f) c = '_';
    if (type.empty() || type.size() > 200) type = "unknown";
    return {nullptr, type, {}};
}

/// Every type of the table that can be read back, for enrolling.
inline std::vector<std::string> readable_types() {
    std::vector<std::string> out;
    for (const auto& e : k_entities) {
        if (e.how == read_by::nothing) continue;
        for (std::string_view rest = e.actions; !rest.empty();) {
            const size_t space = rest.find(' ');
            const auto p = parse_subject(std::string(e.name) + std::string(rest.substr(0, space)));
            if (p.action != "deleted") out.push_back(p.type);
            rest.remove_prefix(space + 1);
        }
    }
    return out;
}

} // namespace ivvy
