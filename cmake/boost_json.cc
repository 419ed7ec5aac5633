// Boost.JSON is header-only as Debian's libboost1.81-dev has it; its code is compiled here, once.
#include <boost/json/src.hpp>
