# How this project declares its parts:
#
#   marquee_library(NAME base SRCS a.cpp b.cpp DEPS pg rpc LINK PkgConfig::PQXX [PCH])
#   marquee_service(NAME catalog SRCS … DEPS … LINK …)     main.cpp + lib `catalog_core`, which the tests link
#   marquee_test(NAME base_test SRCS a_test.cpp DEPS base [LABELS unit|integration])
#   marquee_proto(FILES marquee/catalog/v1/catalog.proto …)
#
# DEPS are our own modules by their short names, LINK is anything else.

set(MARQUEE_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize takes them")
option(MARQUEE_FUZZ "Build the fuzz targets (with clang): see tests/fuzz" OFF)

find_program(CCACHE ccache)
if(CCACHE)
  # Sloppiness as ccache's manual asks for precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    add_compile_options(-fpch-preprocess)
  endif()
endif()

# -O2: the loops that gain from more ask for it themselves (libs/models). GCC 12 at -O2 and above sees overlaps and
# overflows in std::string's operator+ that can't be (its bug 105651).
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  add_compile_options(-Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
endif()
if(MARQUEE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
add_compile_options(-Wall -Wextra -Wpedantic -Wno-unused-parameter -Werror -fno-plt -fstack-protector-strong)
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  add_compile_options(-Wno-error)  # clang is there for fuzzing: what it says beyond g++ ends no build
endif()
if(MARQUEE_SANITIZE)
  add_compile_options(-fsanitize=${MARQUEE_SANITIZE} -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${MARQUEE_SANITIZE})
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark QUIET)  # for the micro-benchmarks alone: images are built without it
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(nlohmann_json REQUIRED)
find_package(fmt REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
pkg_check_modules(GRPC REQUIRED IMPORTED_TARGET grpc++ protobuf)
pkg_check_modules(PQXX REQUIRED IMPORTED_TARGET libpqxx)
pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka++)
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)

# gRPC's and protobuf's headers are third party: their warnings are not ours.
foreach(target GRPC HTTPLIB PQXX RDKAFKA SODIUM)
  get_target_property(dirs PkgConfig::${target} INTERFACE_INCLUDE_DIRECTORIES)
  if(dirs)
    set_target_properties(PkgConfig::${target} PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${dirs}")
  endif()
endforeach()

function(_marquee_setup target)
  cmake_parse_arguments(PARSE_ARGV 1 A "PCH" "" "SRCS;DEPS;LINK")
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/libs ${PROJECT_SOURCE_DIR}/services)
  foreach(dep ${A_DEPS})
    target_link_libraries(${target} PUBLIC marquee_${dep})
  endforeach()
  target_link_libraries(${target} PUBLIC ${A_LINK})
  if(A_PCH)
    target_link_libraries(${target} PUBLIC PkgConfig::GRPC)
    # A precompiled header serves only those compiled alike, so programs take libraries' -fPIC, not -fPIE.
    get_target_property(type ${target} TYPE)
    if(type STREQUAL EXECUTABLE)
      set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
      target_compile_options(${target} PRIVATE -fPIC)
    endif()
    target_precompile_headers(${target} REUSE_FROM marquee_pch)
  endif()
endfunction()

function(marquee_library)
  cmake_parse_arguments(PARSE_ARGV 0 A "PCH" "NAME" "SRCS;DEPS;LINK")
  add_library(marquee_${A_NAME} STATIC ${A_SRCS})
  set(pch "")
  if(A_PCH)
    set(pch PCH)
  endif()
  _marquee_setup(marquee_${A_NAME} ${pch} DEPS ${A_DEPS} LINK ${A_LINK})
endfunction()

# What deploy/suite.yaml says of a field, as a list of "NAME VALUE"; by way of its rendering, so that CMake needs no YAML.
function(marquee_suite field result)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/deploy/suite.txt)
  file(STRINGS ${PROJECT_SOURCE_DIR}/deploy/suite.txt lines REGEX "^[a-z0-9-]+ ${field} ")
  list(TRANSFORM lines REPLACE "^([a-z0-9-]+) ${field} " "\\1 ")
  set(${result} ${lines} PARENT_SCOPE)
endfunction()

# A service is a library, which its tests link too, and a main.cpp that composes it: the program marquee-NAME, with hyphens
# as in deploy/suite.yaml. `suite_programs` builds all of them.
function(marquee_service)
  cmake_parse_arguments(PARSE_ARGV 0 A "" "NAME" "SRCS;DEPS;LINK")
  # DEPS of a service are modules of libs/; a service never names another service.
  marquee_library(NAME ${A_NAME}_core SRCS ${A_SRCS} DEPS ${A_DEPS} LINK ${A_LINK} PCH)
  string(REPLACE _ - program marquee-${A_NAME})
  add_executable(${program} main.cpp)
  _marquee_setup(${program} PCH DEPS ${A_NAME}_core)
  set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  add_dependencies(suite_programs ${program})
endfunction()

# One test program for each module. LABELS unit (no network, the default) or integration (needs PostgreSQL or Kafka,
# found by the MARQUEE_TEST_* variables that ci/test sets).
function(marquee_test)
  cmake_parse_arguments(PARSE_ARGV 0 A "PCH" "NAME;LABELS" "SRCS;DEPS;LINK")
  if(NOT A_LABELS)
    set(A_LABELS unit)
  endif()
  add_executable(${A_NAME} ${A_SRCS})
  set(pch "")
  if(A_PCH)
    set(pch PCH)
  endif()
  _marquee_setup(${A_NAME} ${pch} DEPS ${A_DEPS} LINK ${A_LINK} GTest::gtest_main GTest::gmock)
  set_target_properties(${A_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${A_NAME} COMMAND ${A_NAME} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${A_NAME} PROPERTIES LABELS ${A_LABELS})
endfunction()

# The contracts: one library with every generated message and stub, `marquee_proto`. A program that finds services by
# reflection (the gateway) links it whole: $<LINK_LIBRARY:WHOLE_ARCHIVE,marquee_proto>. protoc finds Google's annotations
# where ci/bootstrap put them (the PyPI package googleapis-common-protos; Debian has none).
function(marquee_proto)
  cmake_parse_arguments(PARSE_ARGV 0 A "" "" "FILES")
  find_program(PROTOC protoc REQUIRED)
  find_program(GRPC_PLUGIN grpc_cpp_plugin REQUIRED)
  set(root ${PROJECT_SOURCE_DIR}/proto)
  set(google ${PROJECT_SOURCE_DIR}/.tools/googleapis)
  if(NOT EXISTS ${google}/google/api/annotations.proto)
    message(FATAL_ERROR "${google} is missing: run ci/bootstrap first")
  endif()
  set(out ${CMAKE_CURRENT_BINARY_DIR}/gen)
  file(MAKE_DIRECTORY ${out})
  set(sources "")
  foreach(file ${A_FILES} google/api/annotations.proto google/api/http.proto google/api/httpbody.proto
               google/rpc/error_details.proto google/rpc/status.proto)
    string(REGEX REPLACE "\\.proto$" "" stem ${file})
    set(outputs ${out}/${stem}.pb.cc ${out}/${stem}.pb.h)
    set(plugin "")
    if(NOT file MATCHES "^google/")
      set(dir ${root})
    else()
      set(dir ${google})
    endif()
    file(STRINGS ${dir}/${file} has_service REGEX "^service ")
    if(has_service)
      list(APPEND outputs ${out}/${stem}.grpc.pb.cc ${out}/${stem}.grpc.pb.h)
      set(plugin --grpc_out=${out} --plugin=protoc-gen-grpc=${GRPC_PLUGIN})
    endif()
    add_custom_command(
      OUTPUT ${outputs}
      COMMAND ${PROTOC} -I${root} -I${google} --cpp_out=${out} ${plugin} ${dir}/${file}
      DEPENDS ${dir}/${file}
      COMMENT "protoc ${file}")
    list(APPEND sources ${outputs})
  endforeach()
  set(headers ${sources})
  list(FILTER headers INCLUDE REGEX "\\.h$")
  # Every consumer compiles against the generated headers: they are made first, by one target.
  add_custom_target(marquee_proto_headers DEPENDS ${headers})
  add_library(marquee_proto STATIC ${sources})
  target_include_directories(marquee_proto SYSTEM PUBLIC ${out})
  target_link_libraries(marquee_proto PUBLIC PkgConfig::GRPC)
  target_compile_options(marquee_proto PRIVATE -w)
  target_precompile_headers(marquee_proto REUSE_FROM marquee_pch)
  add_dependencies(marquee_proto marquee_proto_headers)
endfunction()
