// Fetch-back: the event and its entity from Basiq's API, as one document
//
//     {"event": …, "event_status": 200, "entity": …, "entity_status": 200, "entity_pages": 1, "entity_complete": true}
//
// event and entity hold the API's bytes unchanged; null with status 404 when they are not there, with status null when the notification
// had no such link. A list of several pages is one list: the first page with `data` continued and links.next left out; when the page limit
// was reached, entity_complete is false and links.next leads to what was not read.
#pragma once

#include <gatehouse/paging.hpp>

#include "connection.hpp"

namespace basiq {

class fetcher {
public:
    /// `api` outlives it. Links of notifications that lead anywhere else are never fetched.
    fetcher(connection& api, size_t max_pages) : api_(api), max_pages_(max_pages) {}
    fetcher(const fetcher&) = delete;
    fetcher& operator=(const fetcher&) = delete;

    /// gone: the entity of a "….deleted" event answers 404.
    /// retry: no answer, 429 (Retry-After obeyed), 403 (it may mean a rate limit: api.basiq.io, "API rate limiting"), 5xx, an answer that
    /// is not JSON. refused: 401 with a fresh token, a wrong API key. invalid: a link elsewhere, any other status.
    gatehouse::job<gatehouse::result> fetch(const gatehouse::stored_event& event);

private:
    struct part {
        std::string json = "null";
        std::string status = "null";
        size_t pages = 0;
        bool complete = true;
        bool missing() const { return status == "404"; }
    };

    part read(std::string_view what, const gatehouse::http::response& answer) const;
    gatehouse::job<part> read_entity(gatehouse::http::response first);
    std::string next_page(const gatehouse::http::response& page) const;

    connection& api_;
    size_t max_pages_;
};

} // namespace basiq
