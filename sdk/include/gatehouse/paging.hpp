// Lists in pages: follow the link to the next one until there is none, or a limit is reached.
#pragma once

#include <gatehouse/job.hpp>

#include <algorithm>
#include <functional>

namespace gatehouse::paging {

/// What was read, and the link that was not followed any more because of the limit ("" when the list is complete).
class pages {
public:
    pages(std::vector<http::response> read, std::string rest) : read_(std::move(read)), rest_(std::move(rest)) {}
    const std::vector<http::response>& read() const { return read_; }
    const std::string& rest() const { return rest_; }
    bool complete() const { return rest_.empty(); }

private:
    std::vector<http::response> read_;
    std::string rest_;
};

/// Begins with a page already read. `next`: the URL after a page, "" when there is none; it throws a failure for an answer that is no
/// page, and checks where the URL leads. `fetch`: one page. Both are copied into the job; what they refer to must outlive it.
/// At most `most` pages in all. A link to a page already read is refused: it would go round for ever.
inline job<pages> follow(http::response first, std::function<std::string(const http::response&)> next,
                         std::function<job<http::response>(std::string)> fetch, size_t most) {
    std::vector<http::response> read;
    std::vector<std::string> seen;
    read.push_back(std::move(first));
    for (;;) {
        std::string link = next(read.back());
        if (link.empty() || read.size() >= most) co_return pages(std::move(read), std::move(link));
        if (std::find(seen.begin(), seen.end(), link) != seen.end())
            co_return failure::invalid("the list's link to the next page leads back to a page already read");
        seen.push_back(link);
        read.push_back(co_await fetch(std::move(link)));
    }
}

} // namespace gatehouse::paging
