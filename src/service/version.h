/* service/version -- which release this is; CMakeLists.txt has the number. */
#ifndef SERVICE_VERSION_H
#define SERVICE_VERSION_H

#ifndef KINDRED_VERSION
#define KINDRED_VERSION "unknown"
#endif
#define SERVICE_VERSION KINDRED_VERSION

#endif
