// Wicket's users and its back-end API (docs.tisagroup.ch/wicket, "apis-b2b").
#pragma once

#include <deque>

#include "sns/simulation/text.hpp"

namespace wicket::sim {

using gatehouse::api_answer;
using gatehouse::simulator_host;
namespace json = gatehouse::json;

struct user {
    std::string sub, fan_sub, email; ///< application_user_sub: 50 lower-case hexadecimal digits, as in the samples
    uint64_t revision = 0, reads = 0;
    bool deleted = false;
    json::object data() const; ///< every value is a string
};

class api {
public:
    api(simulator_host, std::string key, std::string application, size_t users);

    api_answer serve(const gatehouse::request&);

    /// Changes that user, or the next in turn when `sub` is empty. Null: there is none of this sub.
    user* change(std::string_view sub);
    user* find(std::string_view sub);
    const std::deque<user>& users() const { return users_; }
    const std::string& key() const { return key_; }
    const std::string& application() const { return application_; }
    uint64_t reads() const { return reads_; }

private:
    api_answer user_data(const json::document&);
    api_answer user_subs(const json::document&);

    std::string key_, application_;
    std::deque<user> users_;
    size_t turn_ = 0;
    uint64_t reads_ = 0;
};

} // namespace wicket::sim
