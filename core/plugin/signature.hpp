// Detached signatures of plugin files: who vouches for these bytes. The format stands in sdk/RULES.md, "Signatures".
#pragma once

#include "core/base/ed25519.hpp"
#include "core/config/config.hpp"
#include "core/plugin/library.hpp"

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace gh::plugin {

/// FILE.so.sig, beside the name that was given, also where that is a symbolic link.
std::filesystem::path signature_file(const std::filesystem::path& plugin);

/// The text of the signature file.
std::string sign(const FileImage&, const ed25519::PrivateKey&);

/// The key that the signature beside the image's path is by, null where there is none and none is required. Codes: unsigned,
/// signature_unreadable, signature_malformed, signature_unknown_key, signature_wrong. A signature that is there must be good, required or
/// not.
std::variant<const config::TrustedKey*, Refused> check_signature(const FileImage&, bool required, const std::vector<config::TrustedKey>&);

} // namespace gh::plugin
