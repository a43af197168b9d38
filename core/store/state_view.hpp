// What a server remembers of its sources, seen from another process.
#pragma once

#include "core/store/store.hpp"

namespace gh::store {

/// A store that answers state() out of the file at `path`, which a server may have open meanwhile. It changes nothing and takes no lock
/// that a server would wait for. Everything else is an error ("only state can be read here"); writes fail in their callbacks. The file
/// must be there and have been made by this version's schema or an older one's with the same table of states.
std::unique_ptr<Store> make_state_view(std::string path);

} // namespace gh::store
