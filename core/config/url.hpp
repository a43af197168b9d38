// Addresses of destinations, as written by the operator. RFC 3986, narrowed to what an application's address needs.
#pragma once

#include <string>

namespace gh::config {

/// What is wrong with it as an absolute http or https URL without user info and fragment; empty when it is good.
std::string url_fault(const std::string&);
/// For messages: the part before "@" may be a password.
std::string without_user_info(const std::string&);

} // namespace gh::config
