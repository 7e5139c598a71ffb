#include "auth/app/identities.h"

namespace marquee::auth {

Result<IdentityList> Identities::List(std::int64_t user_id, const CallContext& call) {
  const auto credentials = accounts_.FindCredentials(user_id, call);
  if (!credentials.ok())
    return credentials.error().code == Code::kNotFound ? AccountGone() : credentials.error();
  IdentityList list{{}, !credentials->password_hash.empty()};
  ASSIGN_OR_RETURN(list.identities, store_.ListOf(user_id, call));
  return list;
}

Status Identities::Remove(const Person& person, const std::string& identity_id,
                          const CallContext& call) {
  RETURN_IF_ERROR(store_.Remove(person.user_id, identity_id, providers_.Issuers(), call));
  return sessions_.EndAll(person.user_id, person.session_id, call);
}

}  // namespace marquee::auth
