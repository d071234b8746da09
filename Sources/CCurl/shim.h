// libcurl's variadic calls as one inline function per argument shape; nothing else lives here.
#pragma once
#include <curl/curl.h>
