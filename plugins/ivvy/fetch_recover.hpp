// What was missed, from the lists that can be asked by date of modification (developer.ivvy.com, the action pages of the lists).
#pragma once

#include "content.hpp"

namespace ivvy {

/// A list that takes a filter by date of modification. Those without one (opportunities, tasks, activities, notes, and all that lies below
/// a booking) would have to be read whole.
struct dated_list {
    std::string_view entity;        ///< as in Subjects
    std::string_view call;          ///< "<namespace>?action=<action>"
    std::string_view after, before; ///< keys of the filter
};

inline constexpr std::array<dated_list, 4> k_dated_lists = {{
    {"Company", "contact?action=getCompanyList", "fromModifiedDate", "toModifiedDate"},
    {"Contact", "contact?action=getContactList", "fromModifiedDate", "toModifiedDate"},
    {"Invoice", "invoice?action=getInvoiceList", "fromModifiedDate", "toModifiedDate"},
    {"Booking", "venue?action=getBookingListForAccount", "modifiedDateAfter", "modifiedDateBefore"},
}};

inline constexpr std::string_view k_recover_schema = R"({"type": "object", "additionalProperties": false, "required": ["since", "until"],
  "properties": {"since": {"type": "string"}, "until": {"type": "string"}, "cursor": {"type": ["string", "null"]},
                 "limit": {"type": "integer", "minimum": 1}}})";

/// The body of a recovered event: the members Subject and Body of iVvy's message, and no envelope: {"recovered":true,"Subject":…,"Body":…}.
std::string recovered_body(std::string_view subject, gatehouse::json::value entity);
/// The content of such a body; nothing when it is none. A verified envelope is never taken for one.
std::optional<content> recovered_content(std::string_view body);

} // namespace ivvy
