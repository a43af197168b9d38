// The JSON envelope as SNS writes it (docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html). Made here once more and not
// with the SDK's reader, so that a mistake in one of them shows.
#pragma once

#include "text.hpp"

namespace sns_sim {

class envelope {
public:
    /// Appends, or changes what is there.
    envelope& set(std::string_view name, std::string_view value);
    envelope& remove(std::string_view name);
    std::string_view get(std::string_view name) const;
    /// JSON put at the end as it is, such as an object of MessageAttributes. A name may repeat.
    envelope& raw(std::string_view name, std::string_view json);

    /// What is signed: the keys of the type in byte order, each with LF, its value and LF. Subject only where there is one.
    std::string signed_text() const;
    std::string body() const;

private:
    std::vector<std::pair<std::string, std::string>> fields_, raw_;
};

} // namespace sns_sim
