/** Words beside the commands to the relay, as strings of the configuration hold them. */
export interface RelayWords {
  readonly offer: string;
  readonly answer: string;
  readonly end: string;
}

/** To rtpengine: keys never stand in signalling, so it is told to invent none; a phone is where its connection comes from. */
const rtpengineWords =
  'RTP/SAVP SDES-off DTLS=off ICE=remove replace-origin strict-source SIP-source-address no-rtcp-attribute';

/** What the relay is told: rtpengine, or the appliance's own relay, which asks for a token and for whose description it is by certificate. */
export const relayWords = (token?: string): RelayWords =>
  token === undefined
    ? { offer: rtpengineWords, answer: rtpengineWords, end: '' }
    : {
        offer: `engine=${token} sender=$tls_peer_subject_cn peer=$var(peer)`,
        answer: `engine=${token} sender=$tls_peer_subject_cn status=$rs`,
        end: `engine=${token}`,
      };

/**
 * The routes of kamailio.cfg. Each refusal is a line of its own in the log with the code that the embedded service gives for the same
 * fault; whatever a client may have chosen is in hexadecimal there, so that nobody can write a line in somebody else's name.
 */
export const routing = ({
  clientAuthorityName,
  ownAddress,
  ownVia,
  relay,
}: {
  /** As a string of the configuration. */
  readonly clientAuthorityName: string;
  /** Regular expression of the server's own host, and port if any, as a URI has them. */
  readonly ownAddress: string;
  /** Regular expression of what its own Via says after the transport. */
  readonly ownVia: string;
  /** What the relay is told beside each command. */
  readonly relay: RelayWords;
}): string => String.raw`
request_route {
  # Whose certificate this is, at every request (5.2).
  if ($tls_peer_issuer_cn != ${clientAuthorityName} || $tls_peer_subject_cn == $null) {
    $var(code) = "sip/client-certificate"; $var(status) = 0; $var(text) = "not of the client authority";
    route(REFUSE);
  }
  if ($sht(blocked=>$tls_peer_subject_cn) != $null) {
    $var(code) = "sip/blocked"; $var(status) = 0; $var(text) = "the number is blocked";
    route(REFUSE);
  }
  $var(certificate) = $tls_peer_raw_cert;
  if ($sht(denied=>$(var(certificate){s.sha256})) != $null) {
    $var(code) = "sip/revoked"; $var(status) = 0; $var(text) = "the certificate is revoked";
    route(REFUSE);
  }
  if ($sht(owners=>$si:$sp) == $null) {
    $sht(owners=>$si:$sp) = $tls_peer_subject_cn;
    tcp_set_connection_lifetime("3700");
    xlog("L_NOTICE", "discretio owner conid=$conid number=$tls_peer_subject_cn address=$si port=$sp\n");
  }
  if ($mb =~ "\r[^\n]" || $mb =~ "[^\r]\n") {
    $var(code) = "sip/line-end"; $var(status) = 400; $var(text) = "A line ends with half of its end";
    route(REFUSE);
  }
  if ($hdr(To) =~ ";[ ]*tag[ ]*=?[ ]*(;|$)") {
    $var(code) = "sip/to"; $var(status) = 400; $var(text) = "Malformed To";
    route(REFUSE);
  }
  if (!is_method("ACK") && !sanity_check("1511", "7")) {
    $var(code) = "sip/unreadable"; $var(status) = 0; $var(text) = "not well-formed";
    route(REFUSE);
  }
  if ($fU != $tls_peer_subject_cn || !($fu =~ "^sip:")) {
    $var(code) = "sip/identity"; $var(status) = 403; $var(text) = "From is not the owner of the certificate";
    route(REFUSE);
  }
  if (!is_method("ACK") && $ct != $null && $(ct{s.trim}) != "*" && $(ct{tobody.uri}{uri.user}) != $tls_peer_subject_cn) {
    $var(code) = "sip/identity"; $var(status) = 403; $var(text) = "Contact is not of the owner of the certificate";
    route(REFUSE);
  }
  if (is_method("CANCEL")) {
    if ($sht(calls=>$ci) != $null && $(sht(calls=>$ci){s.select,0,|}) == $fU && t_check_trans()) { rtpengine_delete("${relay.end}"); t_relay(); exit; }
    $var(code) = "sip/cancel"; $var(status) = 481; $var(text) = "No INVITE to cancel";
    route(REFUSE);
  }
  # A repeated request gets its answer again, and goes no further.
  if (!is_method("ACK")) t_check_trans();
  if (is_method("REGISTER")) route(REGISTER);
  if (is_present_hf("Max-Forwards") && !($hdr(Max-Forwards) =~ "^[0-9]+$")) {
    $var(code) = "sip/max-forwards"; $var(status) = 400; $var(text) = "Malformed Max-Forwards";
    route(REFUSE);
  }
  if (is_method("OPTIONS") && uri == myself && ($rU == $null || $hdr(Max-Forwards) == "0")) {
    sl_send_reply("200", "OK");
    exit;
  }
  if ($(hdr(Via)[*]) =~ "SIP/2[.]0/TLS[ ]+${ownVia}") {
    $var(code) = "sip/loop"; $var(status) = 482; $var(text) = "The request was here before";
    route(REFUSE);
  }
  if (!mf_process_maxfwd_header("70")) {
    $var(code) = "sip/max-forwards"; $var(status) = 483; $var(text) = "Max-Forwards is used up";
    route(REFUSE);
  }
  if (is_present_hf("Max-Breadth") && $hdr(Max-Breadth) == "0") {
    $var(code) = "sip/max-breadth"; $var(status) = 440; $var(text) = "Max-Breadth is used up";
    route(REFUSE);
  }
  if (is_present_hf("Proxy-Require")) {
    append_to_reply("Unsupported: $hdr(Proxy-Require)\r\n");
    $var(code) = "sip/proxy-require"; $var(status) = 420; $var(text) = "No extension of this kind here";
    route(REFUSE);
  }
  force_rport();
  # Requests leave only on connections that phones opened.
  set_forward_no_connect();
  if (has_totag() || is_method("ACK|BYE|INFO|PRACK|UPDATE")) route(WITHIN);
  # Routes of a request outside of a call: any number of the server's own, and no other.
  if (is_present_hf("Route")) {
    if (!($(hdr(Route)[*]) =~ "^[ ]*<sip:${ownAddress}(;[^<>]*)?>([ ]*,[ ]*<sip:${ownAddress}(;[^<>]*)?>)*[ ]*$")) {
      $var(code) = "sip/foreign-route"; $var(status) = 403; $var(text) = "Route leads to another server";
      route(REFUSE);
    }
    remove_hf("Route");
  }
  if (uri != myself) {
    $var(code) = "sip/unknown-number"; $var(status) = 404; $var(text) = "No such number here";
    route(REFUSE);
  }
  $var(callee) = $rU;
  if (!lookup("location")) {
    $var(code) = "sip/not-registered"; $var(status) = 480; $var(text) = "The number is not registered";
    route(REFUSE);
  }
  if (is_method("INVITE")) {
    if ($sht(calls=>$ci) != $null) {
      $var(code) = "sip/call-id"; $var(status) = 482; $var(text) = "A call has this Call-ID already";
      route(REFUSE);
    }
    record_route();
    $var(peer) = $var(callee);
    route(OFFER);
    $sht(calls=>$ci) = $fU + "|" + $var(callee) + "|" + $ft;
    t_set_fr("180000", "32000");
    t_on_failure("ENDED");
    xlog("L_NOTICE", "discretio call callid=$(ci{s.encode.hexa}) caller=$fU callee=$var(callee) tag=$(ft{s.encode.hexa}) contact=$(ct{tobody.uri}{s.encode.hexa}) cseq=$cs conid=$conid\n");
  }
  $sht(asked=>$ci:$cs:$ft) = $var(callee);
  t_on_reply("ANSWER");
  t_relay();
  exit;
}

# A response counts from him alone whom the request went to.
reply_route {
  if (!t_check_trans()) {
    $var(text) = "a response that answers no request";
    route(UNASKED);
    drop;
  }
  if ($sht(asked=>$ci:$cs:$ft) != $null && $sht(asked=>$ci:$cs:$ft) != $tls_peer_subject_cn) {
    $var(text) = "a response from another than the one asked";
    route(UNASKED);
    drop;
  }
}

route[UNASKED] {
  xlog("L_NOTICE", "discretio refused code=sip/response status=$rs method=$(rm{s.encode.hexa}) user=$tls_peer_subject_cn address=$si conid=$conid callid=$(ci{s.encode.hexa}) text=$var(text)\n");
}

# Bindings of the owner's number, the newest alone (I-9).
route[REGISTER] {
  if (uri != myself) {
    $var(code) = "sip/domain"; $var(status) = 404; $var(text) = "Not the registrar of this domain";
    route(REFUSE);
  }
  if (is_present_hf("Require")) {
    append_to_reply("Unsupported: $hdr(Require)\r\n");
    $var(code) = "sip/require"; $var(status) = 420; $var(text) = "No extension of this kind here";
    route(REFUSE);
  }
  if ($tU != $tls_peer_subject_cn) {
    $var(code) = "sip/identity"; $var(status) = 403; $var(text) = "To is not the owner of the certificate";
    route(REFUSE);
  }
  if ($td != $Ri && !($tu =~ "@" && to_uri == myself)) {
    $var(code) = "sip/address-of-record"; $var(status) = 404; $var(text) = "To is not a number of this domain";
    route(REFUSE);
  }
  if ($ct =~ "^[ ]*\*" && $hdr(Expires) != "0") {
    $var(code) = "sip/contact"; $var(status) = 400; $var(text) = "Malformed Contact, or * with something else";
    route(REFUSE);
  }
  # One contact a number: Kamailio would keep all of one message.
  if ($hdrc(Contact) > 1 || $ct =~ ",[ ]*[<*\"a-zA-Z]") {
    $var(code) = "sip/contact"; $var(status) = 400; $var(text) = "More than one Contact";
    route(REFUSE);
  }
  fix_nated_register();
  if (!save("location", "0x04")) {
    $var(code) = "sip/contact"; $var(status) = 0; $var(text) = "not registered";
    route(REFUSE);
  }
  xlog("L_NOTICE", "discretio registered number=$tU conid=$conid address=$si port=$sp expires=$(hdr(Expires){s.encode.hexa}) contact=$(ct{s.encode.hexa})\n");
  exit;
}

# Requests inside a call follow the other party, on the connection that it registered last; nobody else's pass.
route[WITHIN] {
  if ($sht(calls=>$ci) == $null) {
    if (is_method("ACK") && t_check_trans()) { t_relay(); exit; }
    $var(code) = "sip/dialog"; $var(status) = 481; $var(text) = "No call with this Call-ID and these tags";
    route(REFUSE);
  }
  $var(call) = $sht(calls=>$ci);
  $var(caller) = $(var(call){s.select,0,|});
  $var(callee) = $(var(call){s.select,1,|});
  $var(tag) = $(var(call){s.select,2,|});
  # A contact at the server's own address looks like a strict router's work to loose_route.
  $var(target) = $ru;
  if ($fU == $var(caller) && $ft == $var(tag)) $var(other) = $var(callee);
  else if ($fU == $var(callee) && $tt == $var(tag)) $var(other) = $var(caller);
  else if ($fU == $var(caller) || $fU == $var(callee)) {
    $var(code) = "sip/dialog"; $var(status) = 481; $var(text) = "No call with this Call-ID and these tags";
    route(REFUSE);
  } else {
    $var(code) = "sip/identity"; $var(status) = 403; $var(text) = "From is not a party to this call";
    route(REFUSE);
  }
  if (is_present_hf("Route")) {
    if ($(hdrc(Route)) > 1 || !loose_route()) {
      $var(code) = "sip/foreign-route"; $var(status) = 403; $var(text) = "Route leads to another server";
      route(REFUSE);
    }
  }
  $ru = "sip:" + $var(other) + "@" + $Ri;
  if (!lookup("location")) {
    if (is_method("BYE")) route(GONE);
    $var(code) = "sip/not-registered"; $var(status) = 480; $var(text) = "The number is not registered";
    route(REFUSE);
  }
  if ($du == $null) $du = $ru;
  $ru = $var(target);
  xlog("L_NOTICE", "discretio within callid=$(ci{s.encode.hexa}) number=$fU method=$(rm{s.encode.hexa}) cseq=$cs\n");
  if (is_method("BYE")) route(GONE);
  if (is_method("INVITE")) {
    $var(peer) = $var(other);
    route(OFFER);
    t_on_reply("ANSWER");
  } else if (has_body("application/sdp")) {
    if (is_method("ACK")) remove_body();
    else {
      $var(code) = "sip/offer"; $var(status) = 488; $var(text) = "Media not relayed: offers only in INVITE";
      route(REFUSE);
    }
  }
  $sht(asked=>$ci:$cs:$ft) = $var(other);
  t_relay();
  exit;
}

# Media has no way but the relay (I-5).
route[OFFER] {
  if (!has_body("application/sdp")) {
    $var(code) = "sip/no-offer"; $var(status) = 488; $var(text) = "Media not relayed: INVITE without offer";
    route(REFUSE);
  }
  if (!rtpengine_offer("${relay.offer}")) {
    $var(code) = "relay-failed"; $var(status) = 503; $var(text) = "Media not relayed: no room";
    route(REFUSE);
  }
}

onreply_route[ANSWER] {
  if (!has_body("application/sdp")) return;
  if (!rtpengine_answer("${relay.answer}")) {
    # Phones refuse a description without a port: no call goes on without the relay.
    xlog("L_NOTICE", "discretio refused code=relay-failed status=0 method=$(rm{s.encode.hexa}) user=$tU conid=$conid callid=$(ci{s.encode.hexa}) text=answer not relayed\n");
    subst_body("/^m=audio [0-9]+/m=audio 0/");
  }
  if ($rs >= 200 && $rs < 300)
    xlog("L_NOTICE", "discretio answered callid=$(ci{s.encode.hexa}) tag=$(tt{s.encode.hexa}) contact=$(ct{tobody.uri}{s.encode.hexa}) conid=$conid\n");
}

failure_route[ENDED] {
  route(GONE);
}

route[GONE] {
  rtpengine_delete("${relay.end}");
  $sht(calls=>$ci) = $null;
  xlog("L_NOTICE", "discretio ended callid=$(ci{s.encode.hexa})\n");
}

# Status 0: nothing is answered and the connection is closed.
route[REFUSE] {
  xlog("L_NOTICE", "discretio refused code=$var(code) status=$var(status) method=$(rm{s.encode.hexa}) user=$tls_peer_subject_cn address=$si conid=$conid callid=$(ci{s.encode.hexa}) text=$var(text)\n");
  if ($var(status) == 0) { tcp_close_connection(); exit; }
  if (!is_method("ACK")) sl_send_reply("$var(status)", "$var(text)");
  exit;
}

# A revoked number's connections are named here by the testbed (I-7).
route[CLOSING] {
  sht_iterator_start("each", "closing");
  while (sht_iterator_next("each")) {
    # Once only: closing a connection that is being closed frees its TLS state twice.
    tcp_close_connection("$shtitval(each)");
    sht_iterator_rm("each");
  }
  sht_iterator_end("each");
}

# tm adds a tag of its own behind the one that a BYE in a party's name bears.
event_route[tm:local-request] {
  subst('/^(From: <[^>]*>;tag=[^;]+);tag=[0-9a-z.-]+/\1/');
}
event_route[tcp:closed] { route(CLOSED); }
event_route[tcp:timeout] { route(CLOSED); }
event_route[tcp:reset] { route(CLOSED); }
route[CLOSED] {
  $sht(closing=>$si:$sp) = $null;
  # Only what had a number is of interest.
  if ($sht(owners=>$si:$sp) == $null) return;
  $sht(owners=>$si:$sp) = $null;
  xlog("L_NOTICE", "discretio closed address=$si port=$sp\n");
}
`;
