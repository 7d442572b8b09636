function o(){const a=new URLSearchParams(location.hash.slice(1)).get("token")??"";return location.hash&&history.replaceState(null,"",location.pathname+location.search),a}export{o as mailToken};
